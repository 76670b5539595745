"""One file per figure or experiment of the paper, each a function of a plan."""

from skwfm.experiments.paper.pages.epochs import epochs

# In the order of the report.
EXPERIMENTS = {"epochs": epochs}
