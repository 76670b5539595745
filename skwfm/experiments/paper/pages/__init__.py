"""One file per figure or experiment of the paper, each a function of a plan."""

from skwfm.experiments.paper.pages.images.fig6 import fashion, fig6
from skwfm.experiments.paper.pages.images.noise import noise
from skwfm.experiments.paper.pages.images.randomized import randomized
from skwfm.experiments.paper.pages.images.rates import rates
from skwfm.experiments.paper.pages.random.algorithms import fig4, fig5
from skwfm.experiments.paper.pages.random.annealing import annealing
from skwfm.experiments.paper.pages.random.capacity import capacity
from skwfm.experiments.paper.pages.random.epochs import epochs
from skwfm.experiments.paper.pages.random.manifold import manifold
from skwfm.experiments.paper.pages.random.replicas import replicas
from skwfm.experiments.paper.pages.theory.cross_entropy_errors import fig2
from skwfm.experiments.paper.pages.theory.cross_entropy_regions import fig3
from skwfm.experiments.paper.pages.theory.wide_minima import fig1

# In the order of the report.
EXPERIMENTS = {
    "fig1": fig1,
    "fig2": fig2,
    "fig3": fig3,
    "fig4": fig4,
    "fig5": fig5,
    "fig6": fig6,
    "epochs": epochs,
    "fashion": fashion,
    "rates": rates,
    "replicas": replicas,
    "randomized": randomized,
    "noise": noise,
    "manifold": manifold,
    "capacity": capacity,
    "annealing": annealing,
}
