"""Selection of the Dress and Coat images and the layout of the embedded file.

The file is a ``.npy`` matrix of bytes, one image per row: 98 bytes of pixels, one bit
each (1 for +1, row by row, most significant bit first), then the label. Training
images come first, each part in Fashion-MNIST's order. The bits are not compressed
further, so that the bytes do not depend on the version of any compressor.
"""

import io

import numpy as np

from skwfm.datasets._bunch import N_PIXELS
from skwfm.datasets.binarizer import MedianBinarizer

DRESS, COAT = 3, 4  # class numbers in Fashion-MNIST
MEDIAN_RANGE = (0.25, 0.75)  # of an image, as a fraction of the whitest gray
N_TRAIN, N_TEST = 3927, 677
N_PIXEL_BYTES = N_PIXELS // 8


def select(gray, labels):
    """Take the Dress and Coat images that are neither too dark nor too bright.

    Parameters
    ----------
    gray : ndarray of shape (n_samples, 784), dtype uint8
        Gray values of Fashion-MNIST.
    labels : ndarray of shape (n_samples,)
        Class numbers of Fashion-MNIST.

    Returns
    -------
    X : ndarray of shape (n_selected, 784)
        Images binarised at their medians to -1 and +1.
    y : ndarray of shape (n_selected,)
        0 for Dress, 1 for Coat.
    """
    wanted = np.isin(labels, (DRESS, COAT))
    gray, labels = gray[wanted], labels[wanted]
    brightness = np.median(gray, axis=1) / 255
    kept = (brightness >= MEDIAN_RANGE[0]) & (brightness <= MEDIAN_RANGE[1])
    return MedianBinarizer().fit_transform(gray[kept]), labels[kept] == COAT


def pack(X, y):
    """Write images of -1 and +1 and 0/1 labels as rows of bytes."""
    return np.hstack([np.packbits(X > 0, axis=1), np.uint8(y)[:, None]])


def unpack(rows, dtype):
    """Undo :func:`pack`: images of -1 and +1 of type `dtype`, and int64 labels."""
    bits = np.unpackbits(rows[:, :N_PIXEL_BYTES], axis=1)
    X = np.where(bits, dtype.type(1), dtype.type(-1))
    return X, rows[:, N_PIXEL_BYTES].astype(np.int64)


def to_bytes(rows):
    """Give the content of the ``.npy`` file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, rows, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def from_bytes(content):
    """Read the rows from the content of the ``.npy`` file."""
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
