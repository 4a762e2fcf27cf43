"""What a server imports for its first page beyond Streamlit itself, and when.

    python benchmarks/first_imports.py [--page]

Runs app.py without a server, up to the title; imports what draws the rest; with ``--page`` draws Start, too. Prints one
JSON object last: for each step the seconds of one core's time and the number of modules by package, most first.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import runpy
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


class Titled(BaseException):
    """The title stands: app.py is left here."""


def title() -> None:
    from ui.frame import shell

    def stop(page: Any) -> None:
        raise Titled

    rest, shell.body = shell.body, stop
    try:
        runpy.run_path(str(ROOT / "app.py"))
    except Titled:
        shell.body = rest


def rest() -> None:
    for name in ("ui.frame.body", *(f"ui.start.{name}" for name in ("own_data", "own_model", "showcase", "page"))):
        importlib.import_module(name)


def page() -> None:
    from streamlit.testing.v1 import AppTest

    from ui.frame import warm

    warm.AFTER = 1e6  # what follows the page is not its own
    drawn = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600).run()
    assert not drawn.exception, drawn.exception


def step(work: Callable[[], None]) -> dict[str, Any]:
    """What was imported meanwhile."""
    known, began = set(sys.modules), time.process_time()
    work()
    seconds = time.process_time() - began
    new = Counter(name.partition(".")[0] for name in set(sys.modules) - known)
    return {"seconds": round(seconds, 2), "modules": dict(new.most_common())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit's, of a script without a server
    with tempfile.TemporaryDirectory() as home:
        os.environ["UNLEARN_HOME"] = home
        for name in ("streamlit.web.bootstrap", "streamlit.testing.v1"):  # what any app's server has, and the test
            importlib.import_module(name)
        steps = {"title": title, "rest": rest} | ({"page": page} if asked.page else {})
        print(json.dumps({name: step(work) for name, work in steps.items()}))


if __name__ == "__main__":
    main()
