"""A machine on patterns: the object on which training, inference and measures work."""
