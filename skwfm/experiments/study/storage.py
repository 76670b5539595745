"""Finished runs on disk, so that an interrupted comparison loses none of them."""

import csv
import hashlib
import io
import json
import os
import tempfile
import warnings
from pathlib import Path


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
        If the disk is full or the folder cannot be written to.
    """
    path = Path(path)
    try:
        _write(path, content)
    except OSError as error:
        said = f"cannot write to the folder {path.parent}: {error.strerror or error}"
        raise OSError(error.errno, said, str(path)) from error


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        # Files of mkstemp are private; results get the permissions of the umask.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
    """
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


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

    def load(self, key):
        """Return the stored record, or None.

        Parameters
        ----------
        key : str
            As returned by `key`.

        Returns
        -------
        record : dict or None
            A file that cannot be read counts as absent, with a warning.
        """
        if self.folder is None:
            return None
        path = self.folder / f"{key}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            warnings.warn(
                f"{path} cannot be read ({error}); the run is repeated.", stacklevel=2
            )
            return None

    def save(self, key, record):
        """Store one finished run.

        Parameters
        ----------
        key : str
            As returned by `key`.
        record : dict
            JSON-serialisable content.
        """
        if self.folder is not None:
            write_atomically(self.folder / f"{key}.json", json.dumps(record))
