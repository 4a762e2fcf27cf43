"""The engine's tests that ask for a device, with the card as the one they get."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.plan import Place

CHOSEN = ("tests/engine/training", "tests/engine/data", "tests/engine/test_api.py",
          "tests/engine/evaluation/test_probe.py", "tests/engine/cli/test_runs.py")


def run(place: Place) -> Iterator[dict[str, Any]]:
    import pytest

    chosen = ("tests/engine/data/test_perset.py",) if place.tiny else CHOSEN
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main([*chosen, "-q", "-p", "no:cacheprovider", "--timeout", "60", "--maxfail", "20"])
    print(said.getvalue(), flush=True)
    lines = said.getvalue().splitlines()
    ends = [line for line in lines if re.match(r"(\d+ \w+,? ?)+ in |[.FEsx]+ +\[100%\]", line)]
    failed = [re.sub(r" - .*", "", line.removeprefix("FAILED ")) for line in lines if line.startswith("FAILED ")]
    yield {"exit": int(code), "summary": ends[-1] if ends else "", "failed": failed}
