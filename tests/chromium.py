"""The browser that tests, pictures and benchmarks drive: Chromium without a window, by whatever name it is installed.

Debian's ``chromium-headless-shell`` comes first: the same renderer without the parts that only a window needs, which
takes less of a core for a page. ``tests/chromium.sh`` installs it.
"""

from __future__ import annotations

import shutil

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]


def find() -> str | None:
    """Its path, or None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
