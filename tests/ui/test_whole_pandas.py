"""A figure waits for a pandas that another thread is halfway through importing."""

from __future__ import annotations

import subprocess
import sys

from tests.patience import patience

HALFWAY = """
import builtins, sys, threading
import ui.charts
assert "pandas" not in sys.modules, "the charts import it before they are asked for a figure"
begun, asked, real = threading.Event(), threading.Event(), builtins.__import__
def slow(name, *rest):
    if "pandas" in sys.modules and not begun.is_set():
        begun.set()
        asked.wait()
    return real(name, *rest)
builtins.__import__ = slow
threading.Thread(target=lambda: __import__("pandas")).start()
begun.wait()
assert not hasattr(sys.modules["pandas"], "Series")
threading.Timer(0.1, asked.set).start()  # while the figure is waited for
ui.charts.blank_figure("Losses", xaxis={"tickvals": [1, 2]}).to_json()
assert hasattr(sys.modules["pandas"], "Series")
"""


def test_a_figure_waits_for_it():
    done = subprocess.run([sys.executable, "-c", HALFWAY], capture_output=True, text=True, timeout=patience())
    assert done.returncode == 0, done.stderr
