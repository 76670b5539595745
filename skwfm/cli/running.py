"""What commands that run for long have in common: endings that lose nothing."""

import argparse
import errno
import shlex
import signal
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

INTERRUPTED = 130
NOT_READ = 141  # as the shell reports a program that wrote into a closed pipe


# A full disk, a quota, a limit on the size of files, a broken device.
_NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class UserError(Exception):
    """An error in the arguments, the data or the installation."""


def run_kept(work, bar, cache):
    """Do the work of a command; if it ends early, say what is kept.

    Parameters
    ----------
    work : callable
        Returns the status of the command.
    bar : ProgressBar
        Counts finished runs.
    cache : Path
        Folder of the finished runs.

    Returns
    -------
    status : int
        That of the work, 1 if the disk is full or a worker died, `INTERRUPTED` after
        Ctrl-C or SIGTERM.
    """
    from skwfm.experiments.report import terminal

    try:
        return work()
    except OSError as error:
        if isinstance(error, BrokenPipeError) or is_of_stdout(error):
            raise  # nothing is wrong with the folder
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


def make_folder(path):
    """Make the folder of ``--out`` unless there is one.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    UserError
        If it, or a folder above it, is a file.
    OSError
        If it cannot be made for another reason.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        which = next(p for p in (path, *path.parents) if p.exists())
        raise UserError(
            f"--out {path}: {which} is a file, not a folder; name another folder, or "
            "move the file away."
        ) from error


def is_of_stdout(error):
    """Whether an OSError says that standard output cannot be written.

    Parameters
    ----------
    error : OSError
        Those of files name the file.

    Returns
    -------
    is_of_stdout : bool
        False for a closed pipe, which is no failure.
    """
    return error.filename is None and error.errno in _NOT_WRITTEN


@contextmanager
def terminated_like_interrupted():
    """Treat SIGTERM like Ctrl-C, so that the study ends its workers."""
    previous = signal.signal(
        signal.SIGTERM, lambda *received: signal.raise_signal(signal.SIGINT)
    )
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def positive(text):
    return natural(text, least=1)


def natural(text, least=0):
    value = int(text)
    if value < least:
        raise argparse.ArgumentTypeError(f"must be at least {least}; got {text}")
    return value


def share(text):
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1; got {text}")
    return value
