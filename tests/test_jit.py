"""Machine code that is kept on disk is that of the signature it is kept for."""

import subprocess
import sys

import numba
import numpy as np
import pytest

from skwfm._jit import jit

MODULE = """
from skwfm._jit import jit

@jit
def twice(x):
    return x + x
"""


@pytest.fixture
def twice(tmp_path, monkeypatch):
    """A function in a module of its own, whose machine code nothing else has."""
    (tmp_path / "doubling.py").write_text(MODULE)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")  # beside the module
    monkeypatch.syspath_prepend(tmp_path)
    import doubling

    yield doubling.twice
    sys.modules.pop("doubling")


def test_two_that_compile_at_once_do_not_mix_up_their_files(twice, monkeypatch):
    """Both see an empty index; the first writes its file after the second's index."""
    files = twice._cache._cache_file
    written = []
    with monkeypatch.context() as at_once:
        at_once.setattr(files, "_load_index", dict)
        at_once.setattr(files, "_save_data", lambda *entry: written.append(entry))
        files.save("first", "code of the first")
        files.save("second", "code of the second")
    for name, data in written[::-1]:
        files._save_data(name, data)
    assert files.load("second") == "code of the second"
    assert files.load("first") in (None, "code of the first")


def test_another_process_takes_over_the_code(twice, tmp_path, monkeypatch):
    assert twice(1.5) == 3.0
    assert len(list(tmp_path.rglob("*.nbc"))) == 1
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    script = "from doubling import twice; twice(1.5); print(twice.stats.cache_misses)"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "Counter()"
    assert len(list(tmp_path.rglob("*.nbc"))) == 1


def test_options_are_those_of_numba():
    @jit(nogil=True)
    def total(values):
        return values.sum()

    assert total(np.arange(4.0)) == 6.0
    assert total.targetoptions["nogil"]
