"""``skwfm plugins`` and ``skwfm info``: what is installed."""

from skwfm.cli.running import UserError


def add_to(commands):
    """Add both commands to the parser.

    Parameters
    ----------
    commands : argparse subparsers
        Of the program.
    """
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
