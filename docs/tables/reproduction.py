"""Take the verdicts that ``skwfm reproduce all --out DIR`` left into the user guide.

``python docs/tables/reproduction.py DIR`` writes reproduction_claims.csv and
reproduction_time.csv. Experiments that are not in the folder are not in the tables.
"""

import csv
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = ("page", "text", "place", "found", "verdict", "why")
HEADINGS = ("experiment", "claim", "where", "found", "verdict", "why")


def write(name, headings, rows):
    """Write a table as the pages include it."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)


def main(folder):
    """Write both tables."""
    with (folder / "claims.csv").open(newline="", encoding="utf-8") as stream:
        claims = list(csv.DictReader(stream))
    rows = [[claim[column] for column in COLUMNS] for claim in claims]
    write("reproduction_claims.csv", HEADINGS, rows)
    seconds = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    names = dict.fromkeys(claim["page"] for claim in claims)
    minutes = [[name, f"{seconds[name] / 60:.0f}"] for name in names]
    write("reproduction_time.csv", ("experiment", "minutes"), minutes)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
