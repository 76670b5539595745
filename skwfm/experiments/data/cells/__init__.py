"""What the cells of a column are: numbers, dates, or texts."""
