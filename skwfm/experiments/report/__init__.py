"""What a study shows: page, plots, words."""
