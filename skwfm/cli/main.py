"""The parser of ``skwfm``, and how every command ends."""

import argparse
import os
import sys

from skwfm import __version__
from skwfm.cli import compare, plugins, reproduce
from skwfm.cli.running import INTERRUPTED, NOT_READ, UserError


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
        wrong arguments or data, 130 after Ctrl-C or SIGTERM, 141 if nobody
        reads the output.
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


def _parser():
    parser = argparse.ArgumentParser(
        prog="skwfm", description="Find and measure wide flat minima."
    )
    parser.add_argument("--version", action="version", version=f"skwfm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (compare, reproduce, plugins):
        module.add_to(commands)
    return parser
