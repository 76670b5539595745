"""Make these pages from what ``skwfm reproduce all --out DIR`` left.

``python docs/reproduction/make_pages.py DIR`` writes for each experiment that is in the
folder NAME.rst, its figures (SVG) and tables (CSV), and summary.csv over all. Runs come
from ``DIR/runs``; none is repeated that is there. Pages of other experiments stay.
"""

import csv
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from skwfm.experiments.paper.pages import EXPERIMENTS
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.report.reproduction import VERDICTS

HERE = Path(__file__).parent
CLAIMS = {
    "text": "claim",
    "place": "where",
    "found": "found",
    "test": "how it is decided",
    "verdict": "verdict",
    "why": "why",
}
SUMMARY = ("experiment", "claims", *VERDICTS, "minutes")
_MARKS = re.compile(r"([*`|\\]|(?<=\w)_(?=\W|$))")


def escaped(text):
    """Keep reStructuredText from reading marks in a text."""
    return _MARKS.sub(r"\\\1", text)


def shown(value):
    """Write an entry of a table."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def heading(text, mark):
    """Underline a text."""
    return [text, mark * len(text), ""]


def write_table(name, rows, columns):
    """Write rows as CSV, with headings of their own."""
    with (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns.values())
        for row in rows:
            writer.writerow([shown(row.get(column)) for column in columns])


def table(name, caption, widths=""):
    """Include a table."""
    return [
        f".. csv-table:: {escaped(caption)}".rstrip(),
        f"   :file: {name}.csv",
        "   :header-rows: 1",
        *([f"   :widths: {widths}"] if widths else []),
        "",
    ]


def figure(picture):
    """Include a figure."""
    return [
        f".. figure:: {picture.name}.svg",
        f"   :alt: {picture.alt}",
        "   :width: 100%",
        "",
        f"   {escaped(picture.caption)}",
        "",
    ]


def write_page(page):
    """Write one page with its tables and figures."""
    lines = [f".. _reproduction_{page.name}:", "", *heading(escaped(page.title), "=")]
    lines += [f"``skwfm reproduce {page.name}``", ""]
    for paragraph in page.paragraphs:
        lines += [escaped(paragraph), ""]
    for picture in page.pictures:
        lines += figure(picture)
    for each in page.tables:
        if each.rows:
            write_table(each.name, each.rows, {c: c for c in each.rows[0]})
            lines += table(each.name, each.caption) if each.caption else []
    kept = [each.name for each in page.tables if each.rows and not each.caption]
    if kept:
        files = ", ".join(f":download:`{name}.csv`" for name in kept)
        lines += [f"All numbers: {files}.", ""]
    rows = [{c: escaped(v) for c, v in vars(claim).items()} for claim in page.claims]
    write_table(f"{page.name}_claims", rows, CLAIMS)
    lines += heading("Claims", "-")
    lines += table(f"{page.name}_claims", "", "26 12 22 16 8 16")
    text = "\n".join(lines).rstrip() + "\n"
    (HERE / f"{page.name}.rst").write_text(text, encoding="utf-8")


def copy_figures(page):
    """Keep the figures that can be scaled."""
    with tempfile.TemporaryDirectory() as folder:
        for path in page.write(Path(folder)):
            if path.suffix == ".svg":
                shutil.copy(path, HERE / path.name)


def summary_row(page, seconds):
    """Count the verdicts of a page."""
    counts = Counter(claim.verdict for claim in page.claims)
    link = f":ref:`{page.name} <reproduction_{page.name}>`"
    minutes = f"{seconds / 60:.0f}"
    return [link, counts.total(), *(counts[verdict] for verdict in VERDICTS), minutes]


def write_summary(new):
    """Write the summary, in the order of the experiments."""
    path, rows = HERE / "summary.csv", {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as stream:
            known = list(csv.reader(stream))[1:]
        rows = {re.search(r"`(\w+) ", row[0])[1]: row for row in known}
    rows |= new
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SUMMARY)
        writer.writerows(rows[name] for name in EXPERIMENTS if name in rows)


def main(folder):
    """Write the pages of all experiments that have been run in a folder."""
    seconds = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    rows = {}
    for name in EXPERIMENTS:
        if name in seconds:
            page = EXPERIMENTS[name](Plan(folder / "runs"))
            write_page(page)
            copy_figures(page)
            rows[name] = summary_row(page, seconds[name])
    write_summary(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
