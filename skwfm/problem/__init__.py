"""A machine on patterns: the object that training, inference and measures are given."""
