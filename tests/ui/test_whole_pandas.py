"""A figure waits for a pandas that another thread is halfway through importing."""

from __future__ import annotations

import subprocess
import sys

HALFWAY = """
import builtins, sys, threading, time
import ui.charts
assert "pandas" not in sys.modules, "the charts import it before they are asked for a figure"
begun, real = threading.Event(), builtins.__import__
def slow(name, *rest):
    if "pandas" in sys.modules and not begun.is_set():
        begun.set()
        time.sleep(0.5)
    return real(name, *rest)
builtins.__import__ = slow
threading.Thread(target=lambda: __import__("pandas")).start()
begun.wait(20)
assert not hasattr(sys.modules["pandas"], "Series")
ui.charts.blank_figure("Losses", xaxis={"tickvals": [1, 2]}).to_json()
assert hasattr(sys.modules["pandas"], "Series")
"""


def test_a_figure_waits_for_it():
    done = subprocess.run([sys.executable, "-c", HALFWAY], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
