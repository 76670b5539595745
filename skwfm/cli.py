"""Command line: ``skwfm compare``, ``skwfm plugins``, ``skwfm info``."""

import argparse
import json
import os
import shlex
import signal
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from skwfm import __version__

__all__ = ["main"]

INTERRUPTED = 130
NOT_READ = 141  # as the shell reports a program that wrote into a closed pipe


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 if an algorithm failed or a plugin cannot be used, 2 for
        wrong arguments or data,
        130 after Ctrl-C or SIGTERM, 141 if nobody reads the output.
    """
    arguments = _parser().parse_args(argv)
    try:
        status = arguments.command(arguments)
        print(end="", flush=True)
        return status
    except BrokenPipeError:  # as in `skwfm plugins | head -1`
        # Else Python would try again at the end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ
    except UserError as error:
        print(f"skwfm: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before the first run
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


class UserError(Exception):
    """An error in the arguments, the data or the installation."""


def _parser():
    parser = argparse.ArgumentParser(
        prog="skwfm", description="Find and measure wide flat minima."
    )
    parser.add_argument("--version", action="version", version=f"skwfm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_compare(commands)
    plugins = commands.add_parser(
        "plugins",
        help="list installed algorithms, architectures and measures, and load each",
    )
    plugins.add_argument(
        "--check", nargs="+", metavar="NAME",
        help="run the conformance checks of these plugins instead",
    )  # fmt: skip
    plugins.set_defaults(command=_plugins)
    info = commands.add_parser(
        "info", help="show versions, processor, BLAS and its threads, plugins"
    )
    info.set_defaults(command=_info)
    return parser


def _add_compare(commands):
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
    add("--seeds", type=_positive, metavar="N", help="number of seeds (default: 10)")
    add("--seed", type=_natural, default=0, metavar="S", help="first seed (default: 0)")
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
        "--measured", type=_natural, metavar="N",
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
        "--test-size", type=_share, metavar="SHARE", help="share to test on (0.25)"
    )


def _positive(text):
    return _natural(text, least=1)


def _natural(text, least=0):
    value = int(text)
    if value < least:
        raise argparse.ArgumentTypeError(f"must be at least {least}; got {text}")
    return value


def _share(text):
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1; got {text}")
    return value


def _compare(arguments):
    from skwfm.experiments.report import terminal

    with terminal.nothing_on_stdout():
        plan = _plan(arguments)
    cache = arguments.out / ".cache"
    bar = terminal.ProgressBar()
    try:
        with terminal.nothing_on_stdout(), bar, _terminated_like_interrupted():
            comparison = _study(arguments, *plan, cache, bar)
        return _report(arguments, comparison, cache)
    except BrokenPipeError:  # nothing is wrong with the folder
        raise
    except OSError as error:
        text = terminal.NO_ROOM.format(error, bar.n_kept, bar.n_runs, cache)
    except BrokenProcessPool:
        text = terminal.WORKER_DIED.format(bar.n_kept, bar.n_runs, cache)
    except KeyboardInterrupt:
        # Without --fresh, which would discard the finished runs.
        command = shlex.join(["skwfm", *(w for w in sys.argv[1:] if w != "--fresh")])
        kept = terminal.INTERRUPTED.format(bar.n_kept, bar.n_runs, cache, command)
        print(kept, file=sys.stderr)
        return INTERRUPTED
    print(text, file=sys.stderr)
    return 1


@contextmanager
def _terminated_like_interrupted():
    """Treat SIGTERM like Ctrl-C, so that the study ends its workers."""
    previous = signal.signal(
        signal.SIGTERM, lambda *received: signal.raise_signal(signal.SIGINT)
    )
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


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
    from skwfm.experiments.study.contestants import default_names
    from skwfm.experiments.study.measures import find_measures
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
        raise UserError(error) from error
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
    arguments.out.mkdir(parents=True, exist_ok=True)


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


def _plugins(arguments):
    from skwfm import plugins
    from skwfm.experiments.report import terminal

    if arguments.check:
        return _check_plugins(arguments.check)
    with terminal.nothing_on_stdout():  # but what the modules of plugins print
        entries = [
            (group, entry, plugins.failure(entry))
            for group in plugins.GROUPS
            for entry in plugins.available(group)
        ]
    terminal.print_plugins(entries)
    return 1 if any(failure for *_, failure in entries) else 0


def _check_plugins(names):
    from skwfm.experiments.report import terminal
    from skwfm.testing.records import check_installed

    try:
        with terminal.nothing_on_stdout():
            checked = [outcome for name in names for outcome in check_installed(name)]
    except (ValueError, ImportError) as error:
        raise UserError(error) from error
    return 1 if terminal.print_checks(checked) else 0


def _info(arguments):
    from skwfm import plugins
    from skwfm.experiments.report import terminal

    terminal.print_info(
        entry for group in plugins.GROUPS for entry in plugins.available(group)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
