"""Finished runs on disk, so that an interrupted comparison loses none of them."""

import csv
import errno
import hashlib
import io
import json
import os
import secrets
from pathlib import Path

from skwfm._warn import warn


def write_atomically(path, content):
    """Write a file so that it is either complete or absent.

    Parameters
    ----------
    path : path-like
        Target; its folder is created.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written to; what was there under
        this name before is still there.
    """
    path = Path(path)
    try:
        _write(path, content)
    except OSError as error:
        what = f"cannot write to the folder {path.parent}: {error.strerror or error}"
        remedy = _REMEDIES.get(error.errno, "choose another folder")
        raise OSError(error.errno, f"{what}; {remedy}", str(path)) from error


_MAKE_ROOM = "make room there or choose another folder"
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EISDIR: "remove the folder that is in the place of the file",
    errno.ENOTDIR: "remove the file that is in the place of a folder",
    errno.EEXIST: "remove the file that is in the place of a folder",
}


# Without O_BINARY, Windows would change the ends of lines.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    temporary = path.parent / f".{path.name}-{secrets.token_hex(8)}"
    # The kernel applies the umask. Python could only read it by setting it, which
    # changes it for all threads.
    handle = os.open(temporary, _NEW, mode=0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            # Some disks report only now that they are full; and a rename that outlives
            # a power cut must not outlive its content.
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_rows(path, rows):
    """Write records as CSV.

    Parameters
    ----------
    path : path-like
        Target; its folder is created.
    rows : sequence of mapping
        Records; columns are those of all of them, in order of appearance.

    Raises
    ------
    OSError
        As `write_atomically`.
    """
    text, columns = io.StringIO(), dict.fromkeys(c for row in rows for c in row)
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue())


def read_rows(path):
    """Read records that `write_rows` has written.

    Parameters
    ----------
    path : path-like
        CSV file.

    Returns
    -------
    rows : list of dict of str to str
        Records.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or is no such table.
    """
    with open(path, newline="", encoding="utf-8") as stream:
        try:
            rows = list(csv.DictReader(stream))
        except csv.Error as error:
            raise ValueError(str(error)) from error
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("rows have different lengths")
    return rows


class RunStore:
    """Folder with one small JSON file for each finished run.

    Parameters
    ----------
    folder : path-like or None
        Where to keep the files; None keeps nothing.
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)

    @staticmethod
    def key(**parts):
        """Return the key of a run: a hash of all that its result depends on.

        Parameters
        ----------
        **parts : JSON-serialisable
            What the result depends on.

        Returns
        -------
        key : str
            Hexadecimal digest.
        """
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def has(self, key):
        """Return whether there is a record, good or damaged.

        Parameters
        ----------
        key : str
            As returned by `key`.

        Returns
        -------
        has : bool
            False if nothing is kept.
        """
        return self.folder is not None and os.path.exists(self.folder / f"{key}.json")

    def load(self, key):
        """Return the stored record, or None.

        Parameters
        ----------
        key : str
            As returned by `key`.

        Returns
        -------
        record : dict or None
            A file that cannot be read or is damaged counts as absent.

        Raises
        ------
        OSError
            If something else is in the place of the file or the folder: nothing could
            be stored there, which is better known before the run than after it.

        Warns
        -----
        UserWarning
            If there is a file that cannot be read or is damaged.
        """
        if self.folder is None:
            return None
        path = self.folder / f"{key}.json"
        try:
            return _whole(key, json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (IsADirectoryError, NotADirectoryError) as error:
            said = f"no run can be kept: {error.strerror}; {_REMEDIES[error.errno]}"
            raise OSError(error.errno, said, str(path)) from error
        # Nested too deeply, garbage such as [[[[ is a RecursionError.
        except (ValueError, OSError, RecursionError) as error:
            warn(f"{path} cannot be read ({error}); the run is repeated.")
            return None

    def save(self, key, record):
        """Store one finished run.

        Parameters
        ----------
        key : str
            As returned by `key`.
        record : dict
            JSON-serialisable content.

        Raises
        ------
        OSError
            As `write_atomically`.
        """
        if self.folder is not None:
            content = json.dumps(record | {"checksum": _checksum(key, record)})
            write_atomically(self.folder / f"{key}.json", content)


def _whole(key, record):
    """Return a record without its checksum, which must be there and right."""
    if not isinstance(record, dict):
        raise ValueError(f"it holds a {type(record).__name__}, not a record")
    # One flipped bit in its name, and there would be none.
    if record.pop("checksum", None) != _checksum(key, record):
        raise ValueError("its checksum is wrong: it is damaged, or of another run")
    return record


def _checksum(key, record):
    """Hash a record as JSON, in which it is the same before and after a file."""
    return hashlib.sha256(f"{key} {json.dumps(record)}".encode()).hexdigest()[:32]
