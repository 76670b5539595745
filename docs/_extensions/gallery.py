"""Order of the examples, and what their figures show in words.

Those who do not see a figure are told by a comment beside the code that draws it::

    # Seen: the error rate grows with distance, fastest around
    # the solution of LAL.
"""

import re

from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import matplotlib_scraper

SEEN = re.compile(r"^# Seen: (.*(?:\n# .*)*)", re.MULTILINE)
# A section begins with what a newcomer should see, and ends with benchmarks.
FIRST = "plot_own_table.py", "plot_wide_and_narrow.py"
LAST = ("plot_amp_scaling.py",)


class Order:
    """Key by which the examples of a section are sorted."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, name):
        """Return the place of a script: by name within three groups."""
        return name in LAST, name not in FIRST, name


def words(code):
    """Return what a block of code says about its figure, or None."""
    found = SEEN.search(code)
    return found and " ".join(found[1].replace("\n#", " ").split())


def scrape(block, block_vars, gallery_conf, **kwargs):
    """Save the figures of a block of code as Sphinx-Gallery does, with their words."""
    directives = matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    told = words(block.content)
    if directives and not told:
        script = block_vars["src_file"]
        raise ExtensionError(f"{script}: a figure without a comment '# Seen: ...'")
    return re.sub(":alt: .*", lambda _: f":alt: {told}", directives)
