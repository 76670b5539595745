"""Order of the examples, and what their figures show in words.

Those who do not see a figure are told by a comment beside the code that draws it::

    # Seen: the error rate grows with distance, fastest around
    # the solution of LAL.

The thumbnail of an example, in the gallery and beside what uses it, is told by the
words of the figure that it shows.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import matplotlib_scraper

SEEN = re.compile(r"^# Seen: (.*(?:\n# .*)*)", re.MULTILINE)
THUMBNAIL = re.compile(r"auto_examples/(.+)/images/thumb/sphx_glr_(\w+)_thumb\.\w+$")
CHOSEN = re.compile(r"^# sphinx_gallery_thumbnail_number = (\d+)", re.MULTILINE)
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
    return next(iter(_all_words(code)), None)


def words_of_thumbnail(code):
    """Return what a script says about the figure that stands for it."""
    chosen = CHOSEN.search(code)
    return _all_words(code)[int(chosen[1]) - 1 if chosen else 0]


def _all_words(code):
    return [" ".join(w.replace("\n#", " ").split()) for w in SEEN.findall(code)]


def scrape(block, block_vars, gallery_conf, **kwargs):
    """Save the figures of a block of code as Sphinx-Gallery does, with their words."""
    directives = matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    told = words(block.content)
    if directives and not told:
        script = block_vars["src_file"]
        raise ExtensionError(f"{script}: a figure without a comment '# Seen: ...'")
    return re.sub(":alt: .*", lambda _: f":alt: {told}", directives)


def tell_thumbnails(app, doctree):
    """Give the thumbnails of a page, which Sphinx-Gallery leaves without, words."""
    for image in doctree.findall(nodes.image):
        found = THUMBNAIL.search(image["uri"])
        if found and not image.get("alt"):
            script = Path(app.srcdir).parent / "examples" / found[1] / f"{found[2]}.py"
            image["alt"] = words_of_thumbnail(script.read_text("utf-8"))


def setup(app):
    """Register the words of thumbnails."""
    app.connect("doctree-read", tell_thumbnails)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
