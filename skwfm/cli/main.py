"""The parser of ``skwfm``, and how every command ends."""

import argparse
import os
import sys

from skwfm import __version__
from skwfm.cli import compare, plugins, reproduce
from skwfm.cli.running import INTERRUPTED, NOT_READ, UserError, is_of_stdout


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 if an algorithm failed, a plugin cannot be used or the
        disk is full, 2 for wrong arguments or data, 130 after Ctrl-C or SIGTERM, 141
        if nobody reads the output.
    """
    arguments = _parser().parse_args(argv)
    try:
        status = arguments.command(arguments)
        print(end="", flush=True)
        return status
    except BrokenPipeError:  # as in `skwfm plugins | head -1`
        _give_up_stdout()
        return NOT_READ
    except OSError as error:  # as in `skwfm plugins > list` on a full disk
        if not is_of_stdout(error):
            raise
        _give_up_stdout()
        said = f"standard output cannot be written: {error.strerror}; send it elsewhere"
        print(f"skwfm: error: {said}", file=sys.stderr)
        return 1
    except UserError as error:
        print(f"skwfm: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before the first run
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _give_up_stdout():
    """Else Python would try again at the end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser():
    parser = argparse.ArgumentParser(
        prog="skwfm", description="Find and measure wide flat minima."
    )
    parser.add_argument("--version", action="version", version=f"skwfm {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (compare, reproduce, plugins):
        module.add_to(commands)
    return parser
