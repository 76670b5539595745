"""The patterns of a study."""
