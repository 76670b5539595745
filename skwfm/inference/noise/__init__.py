"""The noise of labels: how many of them no machine of this kind explains."""
