"""``python -m engine``: see :mod:`engine.cli.main`."""

import gc
import sys

from engine.cli.main import main

status = main()
gc.freeze()  # the process ends: Python would look through all that a command read for garbage, twice
sys.exit(status)
