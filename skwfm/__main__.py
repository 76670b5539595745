"""``python -m skwfm``."""

import sys

from skwfm.cli.main import main

sys.exit(main())
