"""What focusing belief propagation does, in which order."""
