"""The idx format of the MNIST family: a typed array behind a big-endian header."""

import gzip
import math
import struct
import zlib

import numpy as np

# Third byte of the header -> type of the items, all stored big-endian.
_ITEM_TYPES = {
    0x08: "u1",
    0x09: "i1",
    0x0B: ">i2",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}


def read_idx(path):
    """Read a gzip-compressed idx file.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    ndarray
        Read-only array of the shape and type that the header announces.

    Raises
    ------
    OSError
        If the file is not whole: broken compression, unknown header, wrong length.
    """
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise OSError(f"cannot be decompressed ({error})") from error
    return parse_idx(content)


def parse_idx(content):
    """Interpret the bytes of an idx file; see :func:`read_idx`."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _ITEM_TYPES:
        raise OSError(f"does not start as an idx file does ({content[:4].hex()!r})")
    dtype, n_dims = np.dtype(_ITEM_TYPES[content[2]]), content[3]
    start = 4 + 4 * n_dims
    if len(content) < start:
        raise OSError("ends inside the idx header")
    shape = struct.unpack(f">{n_dims}I", content[4:start])
    expected = start + dtype.itemsize * math.prod(shape)
    if len(content) != expected:
        raise OSError(
            f"holds {len(content)} bytes where shape {shape} needs {expected}"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)
