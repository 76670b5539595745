"""Take what ``skwfm reproduce all --out DIR`` left into the user guide.

``python docs/tables/reproduction.py DIR`` writes reproduction_claims.csv and
reproduction_time.csv, and copies a few pictures. Rows and pictures of experiments that
are not in the folder stay as they are.
"""

import csv
import json
import shutil
import sys
from pathlib import Path

from skwfm.experiments.paper.pages import EXPERIMENTS

HERE = Path(__file__).parent
COLUMNS = ("page", "text", "place", "found", "verdict", "why")
HEADINGS = ("experiment", "claim", "where", "found", "verdict", "why")
PICTURES = "fig6_entropy", "fig6_curvature", "noise_curves"


def rows_by_experiment(name):
    """Read a table as the pages include it."""
    with (HERE / name).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream, delimiter=";"))[1:]
    return {row[0]: [other for other in rows if other[0] == row[0]] for row in rows}


def write(name, headings, new):
    """Write a table, in the order of the experiments."""
    rows = rows_by_experiment(name) | new
    with (HERE / name).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(headings)
        for experiment in EXPERIMENTS:
            writer.writerows(rows.get(experiment, ()))


def main(folder):
    """Write both tables and copy pictures."""
    with (folder / "claims.csv").open(newline="", encoding="utf-8") as stream:
        claims = list(csv.DictReader(stream))
    seconds = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    names = dict.fromkeys(claim["page"] for claim in claims)
    rows = {
        name: [[c[column] for column in COLUMNS] for c in claims if c["page"] == name]
        for name in names
    }
    minutes = {name: [[name, f"{seconds[name] / 60:.0f}"]] for name in names}
    write("reproduction_claims.csv", HEADINGS, rows)
    write("reproduction_time.csv", ("experiment", "minutes"), minutes)
    for name in PICTURES:
        picture = folder / f"{name}.svg"
        if picture.exists():
            shutil.copy(picture, HERE / f"reproduction_{name}.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
