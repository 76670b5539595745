"""Run every benchmark in its own process and print one line a claim."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from _paired import verdict


def run(path, repeats):
    """Run one benchmark.

    Parameters
    ----------
    path : Path
        The script.
    repeats : int or None
        Number of pairs; None leaves the script's default.

    Returns
    -------
    results : list of dict
        One a claim; empty if the benchmark was skipped.
    """
    command = [sys.executable, str(path), "--json"]
    if repeats is not None:
        command += ["--repeats", str(repeats)]
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    """Run all and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, help="number of pairs")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    where = None
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        for result in run(path, arguments.repeats):
            if arguments.json:
                print(json.dumps(result), flush=True)
                continue
            if where is None:
                where = result["environment"]
                print(", ".join(f"{k} {v}" for k, v in where.items()))
            line = f"{path.stem:<26} {result['dtype']:<8} {verdict(result)}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
