"""Training by epochs: the loop, its callbacks, and the weights that it keeps."""
