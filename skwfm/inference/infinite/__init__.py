"""The infinite committee: Bayesian inference of a machine with n_hidden -> inf."""
