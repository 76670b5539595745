"""What a figure of the gallery shows, in words, for those who do not see it.

The words are a comment beside the code that draws the figure::

    # Seen: the error rate grows with distance, fastest around
    # the solution of LAL.
"""

import re

from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import matplotlib_scraper

SEEN = re.compile(r"^# Seen: (.*(?:\n# .*)*)", re.MULTILINE)


def read(code):
    """Return the words of a block of code, or None."""
    found = SEEN.search(code)
    return found and " ".join(found[1].replace("\n#", " ").split())


def scrape(block, block_vars, gallery_conf, **kwargs):
    """Save the figures of a block of code as Sphinx-Gallery does, with their words."""
    directives = matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    words = read(block.content)
    if directives and not words:
        script = block_vars["src_file"]
        raise ExtensionError(f"{script}: a figure without a comment '# Seen: ...'")
    return re.sub(":alt: .*", lambda _: f":alt: {words}", directives)
