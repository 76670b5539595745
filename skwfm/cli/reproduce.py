"""``skwfm reproduce``: the experiments of the paper, with a verdict on each claim."""

from importlib.util import find_spec
from pathlib import Path

from skwfm.cli.running import (
    UserError,
    make_folder,
    natural,
    run_kept,
    terminated_like_interrupted,
)


def add_to(commands):
    """Add the command to the parser.

    Parameters
    ----------
    commands : argparse subparsers
        Of the program.
    """
    text = "repeat the experiments of the paper, with a verdict on each claim"
    parser = commands.add_parser(
        "reproduce", help=text, description=text.capitalize(), allow_abbrev=False
    )
    parser.set_defaults(command=_reproduce)
    add = parser.add_argument
    add("names", nargs="+", metavar="NAME", help="experiments, or all; see the guide")
    add("--quick", action="store_true", help="few samples: all pages in minutes")
    add("--seed", type=natural, default=0, metavar="S", help="first seed (default: 0)")
    add(
        "--n-jobs", type=int, default=-1, metavar="N", help="runs at a time (all cores)"
    )
    add("--out", type=Path, default=Path("skwfm-reproduce"), metavar="DIR")


def _reproduce(arguments):
    from skwfm.experiments.report import terminal

    _check(arguments)
    bar = terminal.ProgressBar()

    def work():
        from skwfm.experiments.paper.reproduce import reproduce

        with terminal.nothing_on_stdout(), bar, terminated_like_interrupted():
            pages = reproduce(
                arguments.names, arguments.out, quick=arguments.quick,
                n_jobs=arguments.n_jobs, seed=arguments.seed, progress=bar.show,
            )  # fmt: skip
        terminal.print_claims(pages, arguments.out)
        return 0

    return run_kept(work, bar, arguments.out / "runs")


def _check(arguments):
    """Check everything that the user controls before the first run starts."""
    from skwfm.experiments.paper.reproduce import find_experiments

    missing = [m for m in ("matplotlib", "jinja2") if find_spec(m) is None]
    if missing:
        raise UserError(
            f"the report needs {' and '.join(missing)}: pip install 'skwfm[plot]'."
        )
    if arguments.n_jobs == 0:
        raise UserError("--n-jobs must not be 0; use 1, or -1 for every core.")
    try:
        find_experiments(arguments.names)
        make_folder(arguments.out)
    except (ValueError, OSError) as error:
        raise UserError(error) from error
