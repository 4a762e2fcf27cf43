"""Rewrites the generated tables of docs/results/ (``make results``), or says which are out of date (``--check``).

A page names the command between two comments, and what stands between them is what that command prints:

    <!-- generated: python -m engine reproduce table1 --recorded-only --markdown -->
    <!-- end -->

Only recorded runs count: the commands see an empty ``$UNLEARN_HOME`` and compute nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PAGES = Path(__file__).resolve().parent / "results"
STARTS = (
    "python -m engine reproduce ",
    "python -m engine ensemble ",
    "python -m engine relearn ",
    "python -m engine compare ",
    "python -m engine front ",
)
CARD = "python -m benchmarks.gpu.page "  # what was measured on cards, from the files beside the page
BLOCK = re.compile(r"(<!-- generated: (?P<command>[^\n]+?) -->\n)(?P<content>.*?)(<!-- end -->)", re.DOTALL)

sys.path.insert(0, str(PAGES.parents[1]))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where a page is out of date")
    check = parser.parse_args().check
    stale = []
    with without_own_runs():
        for path in sorted(PAGES.glob("*.md")):
            before = path.read_text(encoding="utf-8")
            after = renewed(before)
            if after != before:
                stale.append(path)
                if not check:
                    path.write_text(after, encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(PAGES.parents[1])}: {'out of date: run make results' if check else 'rewritten'}")
    return int(check and bool(stale))


@contextlib.contextmanager
def without_own_runs() -> Iterator[None]:
    """An empty home folder: what ships with the repository is all there is."""
    kept = {name: os.environ.pop(name, None) for name in ("UNLEARN_HOME", "UNLEARN_DATABASE_URL")}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNLEARN_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["UNLEARN_HOME"]
            os.environ.update({name: value for name, value in kept.items() if value is not None})


def renewed(text: str) -> str:
    """A page with every generated block computed again."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{output(block['command'])}\n\n{block[4]}", text)


def output(command: str) -> str:
    """What a command prints. Raises ValueError for one that could compute or change something, or that fails."""
    from engine.cli.main import main as run

    words = shlex.split(command)
    if command.startswith(CARD):
        from benchmarks.gpu.page import page

        return page(PAGES.parents[1] / words[-1])
    if not (command.startswith(STARTS) and {"--recorded-only", "--markdown"} <= set(words)):
        raise ValueError(
            f"A generated block needs '{STARTS[0]}TABLE --recorded-only --markdown', or the same of "
            f"ensemble or relearn, not {command!r}."
        )
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        status = run(words[3:])
    if status:
        raise ValueError(f"{command!r} ended with status {status}: {said.getvalue().strip()}")
    return printed.getvalue().strip()


if __name__ == "__main__":
    sys.exit(main())
