"""The scripts behind the tables of the documentation, as modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "docs" / "tables"


def load_script(name):
    """Load ``docs/tables/<name>.py``, whose folder is not on sys.path."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", TABLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
