"""``skwfm compare``: algorithms on equal splits."""

import json
from importlib.util import find_spec
from pathlib import Path

from skwfm.cli.running import (
    UserError,
    make_folder,
    natural,
    positive,
    run_kept,
    share,
    terminated_like_interrupted,
)

# How `skwfm.plugins` ends its list of what is installed.
_OF_SESSIONS = (
    " A package installed since this session began is found after "
    "skwfm.plugins.refresh()."
)


def add_to(commands):
    """Add the command to the parser.

    Parameters
    ----------
    commands : argparse subparsers
        Of the program.
    """
    text = "train algorithms on the same splits and compare them"
    parser = commands.add_parser(
        "compare", help=text, description=text.capitalize(), allow_abbrev=False
    )
    parser.set_defaults(command=_compare)
    _add_study(parser.add_argument)
    _add_own_data(parser.add_argument_group("own data"))
    add = parser.add_argument
    add(
        "--n-jobs", type=int, default=-1, metavar="N", help="runs at a time (all cores)"
    )
    add("--fresh", action="store_true", help="repeat runs that are already finished")
    add("--json", action="store_true", help="print the summary as JSON")
    add("--out", type=Path, default=Path("skwfm-compare"), metavar="DIR")


def _add_study(add):
    add("--quick", action="store_true", help="few seeds and the fast algorithms only")
    add("--seeds", type=positive, metavar="N", help="number of seeds (default: 10)")
    add("--seed", type=natural, default=0, metavar="S", help="first seed (default: 0)")
    add(
        "--algorithms", nargs="+", metavar="NAME",
        help="installed plugins, published settings (LAL eLAL ceSGD-fast ceSGD-slow "
        "fBP) or standard classifiers (LogisticRegression LinearSVC SVC "
        "RandomForestClassifier MLPClassifier); separate by blanks or commas",
    )  # fmt: skip
    add(
        "--measures", nargs="*", metavar="NAME",
        help="what to measure of the trained classifiers: installed measures (default: "
        "local_entropy hessian noise_robustness); no name for none",
    )  # fmt: skip
    add(
        "--measured", type=natural, metavar="N",
        help="seeds, from the first, on which measures of committee machines are taken "
        "(default: 3, quick: 1)",
    )  # fmt: skip


def _add_own_data(own):
    add = own.add_argument
    add("--data", metavar="FILE", help="CSV with a header, Parquet, or NPZ (X, y)")
    add("--target", metavar="COLUMN", help="label (default: last, or y)")
    add("--weight-column", metavar="COLUMN", help="how much each row counts")
    held_out = own.add_mutually_exclusive_group()
    held_out.add_argument("--test", metavar="FILE", help="test patterns")
    held_out.add_argument(
        "--test-size", type=share, metavar="SHARE", help="share to test on (0.25)"
    )


def _compare(arguments):
    from skwfm.experiments.report import terminal

    with terminal.nothing_on_stdout():
        plan = _plan(arguments)
    cache, bar = arguments.out / ".cache", terminal.ProgressBar()

    def work():
        with terminal.nothing_on_stdout(), bar, terminated_like_interrupted():
            comparison = _study(arguments, *plan, cache, bar)
        return _report(arguments, comparison, cache)

    return run_kept(work, bar, cache)


def _report(arguments, comparison, cache):
    from skwfm.experiments.report import terminal

    paths = comparison.write(arguments.out)
    if arguments.json:
        print(json.dumps(comparison.to_dict(runs=False), indent=1))
    else:
        terminal.print_table(comparison)
        if comparison.settings["measures"]:
            terminal.print_landscapes(comparison)
    print(end="", flush=True)
    terminal.print_outcome(comparison, paths, cache)
    return 1 if comparison.failed else 0


def _study(arguments, source, contestants, measures, n_seeds, n_measured, cache, bar):
    from skwfm.experiments import compare

    if arguments.fresh:
        for path in cache.glob("*.json"):
            path.unlink()
    return compare(
        source,
        contestants,
        measures=measures,
        n_seeds=n_seeds,
        seed=arguments.seed,
        n_measured=n_measured,
        n_jobs=arguments.n_jobs,
        cache=cache,
        progress=bar.update,
    )


def _plan(arguments):
    """Check everything that the user controls before the first run starts."""
    from skwfm.experiments import find_contestants
    from skwfm.experiments.compare import SIZES
    from skwfm.experiments.study.measures import find_measures
    from skwfm.experiments.study.naming import default_names
    from skwfm.experiments.study.records import COLUMNS

    try:
        _check_surroundings(arguments)
        source = _source(arguments)
        names = arguments.algorithms or default_names(source.problem, arguments.quick)
        contestants = find_contestants(_separated(names), source.problem)
        measures = arguments.measures
        if measures is not None:
            measures = find_measures(_separated(measures), COLUMNS)
    except (ValueError, OSError, ImportError) as error:
        # Advice for a session of Python, of which there is none.
        text = str(error).replace(_OF_SESSIONS, "")
        raise UserError(text) from error
    n_seeds, n_measured = SIZES[arguments.quick]
    if arguments.measured is not None:
        n_measured = arguments.measured
    return source, contestants, measures, arguments.seeds or n_seeds, n_measured


def _separated(names):
    """Split names at commas, as the shell has split them at blanks."""
    return [part for name in names for part in name.split(",") if part]


def _check_surroundings(arguments):
    if find_spec("matplotlib") is None:
        raise UserError("the figures need matplotlib: pip install 'skwfm[plot]'.")
    if arguments.n_jobs == 0:
        raise UserError("--n-jobs must not be 0; use 1, or -1 for every core.")
    make_folder(arguments.out)


def _source(arguments):
    from skwfm.experiments import dress_coat, read_source

    given = ("target", "test", "test_size", "weight_column")
    if arguments.data is None:
        alone = [name for name in given if getattr(arguments, name) is not None]
        if alone:
            option = alone[0].replace("_", "-")
            raise UserError(f"--{option} goes with --data FILE; give both or neither.")
        return dress_coat()
    size = 0.25 if arguments.test_size is None else arguments.test_size
    return read_source(
        arguments.data, arguments.target, arguments.test, size, arguments.weight_column
    )
