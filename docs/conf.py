"""Sphinx settings: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.

Neither the build nor the finished pages need a network.
"""

import os
import sys
import warnings
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.errors import ConfigError

HERE = Path(__file__).resolve().parent
# ``python -m sphinx`` searches the source folder first, where nothing is compiled: what
# the pages describe is the installed package.
sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != HERE.parent]
sys.path.append(str(HERE / "_extensions"))

project = "skwfm"
author = "The skwfm developers"
copyright = f"2026, {author}"
try:
    release = version = installed_version("skwfm")
except PackageNotFoundError:
    raise ConfigError(
        "skwfm is not installed where Sphinx runs: call make docs, or install it with "
        "pip install '.[docs]' into this environment."
    ) from None

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "gallery",
    "mathml",
    "rooms",
]
exclude_patterns = ["_build", "_extensions", "_templates"]
templates_path = ["_templates"]
default_role = "autolink"  # `name` links to the API if there is such a name

# Links into other projects need their inventories from the network.
if os.environ.get("SKWFM_DOCS_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "joblib": ("https://joblib.readthedocs.io/en/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "python": ("https://docs.python.org/3", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

autosummary_generate = True
autodoc_member_order = "bysource"
maximum_signature_line_length = 80  # longer ones have a line for each parameter
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
copybutton_exclude = ".linenos, .gp, .go"  # neither prompts nor what is printed

# What the examples print and draw belongs to the pages; warnings would be noise from
# the thread or font set-up of the machine that builds them.
warnings.filterwarnings("ignore", message=".*Matplotlib is currently using agg.*")
# examples/plugin is no part of the gallery, which takes folders with a README.md.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "subsection_order": [
        *("../examples/physics", "../examples/tables", "../examples/measures"),
        "*",
    ],
    "image_scrapers": ("gallery.scrape",),
    "within_subsection_order": "gallery.Order",
    "backreferences_dir": "api/generated/examples",
    "doc_module": ("skwfm",),
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "show_signature": False,
    "write_computation_times": False,
    "plot_gallery": "True",
    "parallel": True,  # as many scripts at a time as sphinx-build -j says
}

html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["skwfm.css"]
html_theme = "pydata_sphinx_theme"
html_title = f"skwfm {version}"
html_show_sourcelink = False
# Only user guide and gallery have something to list at the side. The index of the API
# is its tables: beside them a list of all names helps nobody.
html_sidebars = {"[!ua]**": [], "api": [], "api/**": []}
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    # Everywhere but in auto_examples: examples are code and take the whole width.
    "secondary_sidebar_items": {"[!a]**": ["page-toc"], "api**": ["page-toc"]},
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}


def _skip_scikit_learn(app, what, name, obj, skip, options):
    """Leave out what scikit-learn adds: its pages link to scikit-learn's own labels."""
    return True if str(getattr(obj, "__module__", "")).startswith("sklearn") else None


def setup(app):
    """Connect the hooks of this file."""
    app.connect("autodoc-skip-member", _skip_scikit_learn)
