"""Claim: on real tables committee machines are no worse than standard classifiers.

All classifiers of skwfm at their defaults against scikit-learn's, on tables with
categories, texts, dates, missing values, rare classes and copies of rows, prepared in
the same way. Every fit has a process of its own, which is ended after --limit seconds.
Results are stored as they come: the same command goes on where it was stopped.
"""

import sys

# The processes of the fits import this file, and need nothing of what it runs.
if __name__ == "__main__":
    from _table_runner import main

    sys.exit(main(__doc__))
