"""``python -m skwfm.cli``."""

import sys

from skwfm.cli.main import main

sys.exit(main())
