"""The idx reader."""

import struct

import numpy as np
import pytest

from skwfm.datasets._idx import parse_idx


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")],
)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4)])
def test_idx_types(code, dtype, shape):
    items = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    header = bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    result = parse_idx(header + items.tobytes())
    assert result.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(result, items)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not start"),
        (b"\x00\x01\x08\x01\x00\x00\x00\x00", "does not start"),
        (b"\x00\x00\x07\x01\x00\x00\x00\x00", "does not start"),
        (b"\x00\x00\x08\x02\x00\x00\x00\x01", "ends inside the idx header"),
        (b"\x00\x00\x08\x01\x00\x00\x00\x03ab", "holds 10 bytes .* needs 11"),
        (b"\x00\x00\x08\x01\x00\x00\x00\x01ab", "holds 10 bytes .* needs 9"),
    ],
)
def test_idx_errors(content, message):
    with pytest.raises(OSError, match=message):
        parse_idx(content)
