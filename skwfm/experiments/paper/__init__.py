"""The experiments of the paper, each with a verdict on what it claims."""
