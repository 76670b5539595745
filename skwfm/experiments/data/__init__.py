"""Where the patterns of a study come from."""
