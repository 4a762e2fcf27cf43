"""Every scenario on every data set, and the page docs/results/scenarios.md from it.

    UNLEARN_HOME=/tmp/scenarios python benchmarks/scenarios.py                  # computes what is missing, then writes
    UNLEARN_HOME=/tmp/scenarios python benchmarks/scenarios.py --data digits    # of one data set
    python benchmarks/scenarios.py --page                                       # the page alone, from the numbers kept

Each cell is the command that its place on the page shows, carried out here. The numbers are kept in
benchmarks/scenarios.json.gz; a cell that is kept is not computed again. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
NUMBERS, PAGE = ROOT / "benchmarks/scenarios.json.gz", ROOT / "docs/results/scenarios.md"
METHODS = ("nabla_tau", "finetune", "retrain")  # retraining last: it completes the others' verdicts
NOT_RUN = "not run"
METRICS = ("retain_accuracy", "forget_accuracy", "test_accuracy", "mia_loss", "mia_entropy", "attack_success",
           "corrected_accuracy")
Numbers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Data:
    """A column: its samples, two classes that are forgotten together, a word, and what all its commands set.

    ``unaffordable`` names what is not tried here, with the reason: a method, or a row.
    """

    samples: int
    classes: str
    settings: tuple[str, ...] = ()
    word: str = "thanks"
    unaffordable: tuple[tuple[str, str], ...] = ()


COLUMNS = {
    "digits": Data(1_000, "3,5"),
    "moons": Data(200, "0,1"),
    "go_emotions": Data(36_308, "love,gratitude"),
    "cifar10": Data(50_000, "cat,dog", ("--set", "retain_epochs=1"), unaffordable=(
        ("retrain", "182 passes over 42,500 pictures take hours on two cores"),
        ("corrupted", "its Original has to be trained on manipulated pictures first, hours on two cores")))}
ROWS = {
    "random": "a random subset, 15%",
    "class": "two classes",
    "share": "half of one class",
    "listed": "listed: every tenth sample",
    "matching": "all texts with a word",
    "memorised": "the 15% most memorised",
    "hardest": "the 15% hardest",
    "easiest": "the 15% easiest",
    "corrupted": "all manipulated samples"}


def words(data: str, row: str, method: str) -> list[str]:
    """A cell's command after ``python -m engine``."""
    one = COLUMNS[data]
    chosen = {"random": [], "class": ["--scenario", "class", "--forget-class", one.classes],
              "share": ["--scenario", "class", "--forget-class", one.classes.split(",")[0], "--select", "share=0.5"],
              "listed": ["--forget-list", f"every-tenth-{data}.txt"],
              "matching": ["--scenario", "matching", "--select", f"word={one.word}"]}
    who = chosen.get(row, ["--scenario", row])
    return ["run", "--dataset", data, *who, "--method", method, *(one.settings if method != "retrain" else ()),
            "--json"]


# --- computing ------------------------------------------------------------------------------


def cells(datas: list[str], methods: list[str]) -> Iterator[tuple[str, str, str]]:
    return ((data, row, method) for method in methods for data in datas for row in ROWS)


def unaffordable(data: str, row: str, method: str) -> str:
    """Why a cell is not tried; empty where it is."""
    reasons = dict(COLUMNS[data].unaffordable)
    return reasons.get(method) or reasons.get(row, "")


def compute(datas: list[str], methods: list[str], folder: Path) -> None:
    """Carries out what is neither kept nor unaffordable; each result becomes a file at once."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = numbers()
    for data, row, method in cells(datas, methods):
        file = folder / f"{data}.{row}.{method}.json"
        if f"{data}/{row}/{method}" in kept or file.exists() or unaffordable(data, row, method):
            continue
        print(f"{data}, {row}, {method}", file=sys.stderr, flush=True)
        lists(data)
        file.write_text(json.dumps(outcome(words(data, row, method))), encoding="utf-8")


def lists(data: str) -> None:
    """The list of every tenth sample, where the command expects it."""
    Path(f"every-tenth-{data}.txt").write_text("\n".join(map(str, range(0, COLUMNS[data].samples, 10))),
                                               encoding="utf-8")


def outcome(argv: list[str]) -> dict[str, Any]:
    """What a command prints as JSON, or the sentence with which it refuses."""
    from engine.cli.main import main as engine

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        engine(argv)
    said = json.loads(out.getvalue())
    return {"refused": " ".join(said["problems"])} if said["run_id"] is None else compact(said)


def compact(run: dict[str, Any]) -> dict[str, Any]:
    """The part of a run's JSON that the page shows and that finds it again."""
    metrics = run["metrics"] or {}
    return {"run_id": run["run_id"], "status": run["status"], "reason": run["reason"], "identity": run["identity"],
            "seconds": round(run["seconds"] or 0.0, 2), "steps": run["steps"], "device": run["device"],
            "code_version": run["code_version"], "sizes": metrics.get("sizes"),
            "metrics": picked(metrics), "original": picked(metrics.get("original") or {}),
            "null_band": {name: [round(end, 2) for end in band]
                          for name, band in (metrics.get("null_band") or {}).items()},
            "verdict": {name: run["verdict"][name] for name in ("kind", "title")} if run["verdict"] else None}


def picked(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: round(value, 2) for name in METRICS if (value := metrics.get(name)) is not None}


def collect(folder: Path) -> Numbers:
    """What is kept and what was computed; a run that has finished is read once more, now with its retrained model."""
    found = numbers()
    for file in sorted(folder.glob("*.json")):
        cell = json.loads(file.read_text(encoding="utf-8"))
        if "run_id" in cell:
            cell = outcome(["show", cell["run_id"], "--json"])
        found[file.stem.replace(".", "/")] = cell
    return dict(sorted(found.items()))


def numbers() -> Numbers:
    """The cells that are kept, by ``data/row/method``."""
    if not NUMBERS.exists():
        return {}
    found: Numbers = json.loads(gzip.decompress(NUMBERS.read_bytes()))
    return found


# --- the page -------------------------------------------------------------------------------


def renewed(page: str, found: Numbers) -> str:
    """The page with every block written again from the numbers."""
    def block(at: re.Match[str]) -> str:
        text = overview(found) if at[1] == "overview" else of_data(at[1], found)
        return f"<!-- scenarios: {at[1]} -->\n\n{text}\n\n<!-- end -->"

    return re.sub(r"<!-- scenarios: (\w+) -->.*?<!-- end -->", block, page, flags=re.DOTALL)


def overview(found: Numbers) -> str:
    """Scenarios down, data sets across: each method's verdict in a few words, the reference left out."""
    from engine.registry import get

    lines = [[ROWS[row], *(at_a_glance(data, row, found) for data in COLUMNS)] for row in ROWS]
    return table(["Who is forgotten", *(get("dataset", data).title for data in COLUMNS)], lines)


def at_a_glance(data: str, row: str, found: Numbers) -> str:
    if not any(f"{data}/{row}/{method}" in found for method in METHODS):
        return NOT_RUN
    return "<br>".join(dict.fromkeys(short(data, row, method, found) for method in METHODS if method != METHODS[-1]))


def short(data: str, row: str, method: str, found: Numbers) -> str:
    """A method's verdict, up to the colon."""
    from engine.registry import get

    cell = found.get(f"{data}/{row}/{method}")
    if cell and "refused" in cell:
        return "cannot be"
    said = re.split("[:;,]", verdict(cell))[0] if cell else NOT_RUN
    return f"{get('method', method).title}: {said[:1].lower() + said[1:]}"


def verdict(cell: dict[str, Any]) -> str:
    if cell["status"] != "finished":
        return f"{cell['status']}: {cell['reason']}"
    return str(cell["verdict"]["title"]) if cell["verdict"] else "no verdict"


def of_data(data: str, found: Numbers) -> str:
    """Every number of a data set, then the commands of the first method."""
    lines = [line for row in ROWS for line in of_row(data, row, found)]
    head = ["Who", "Method", "Forget (%)", "Test (%)", "Attack by loss (%)", "Chance range", "Verdict", "Seconds"]
    commands = [" ".join(["python -m engine", *words(data, row, METHODS[0])]) for row in ROWS]
    return "\n".join([table(head, lines).rstrip(), "", "```sh", *commands, "```"])


def of_row(data: str, row: str, found: Numbers) -> list[list[str]]:
    mine = {method: found.get(f"{data}/{row}/{method}") for method in METHODS}
    if refused := next((cell["refused"] for cell in mine.values() if cell and "refused" in cell), ""):
        return [[ROWS[row], "any", *[""] * 4, refused, ""]]
    if not any(mine.values()):
        return [[ROWS[row], "all", *[""] * 4, not_run(data, row, METHODS[0]), ""]]
    return [[ROWS[row], *of_cell(data, row, method, cell)] for method, cell in mine.items()]


def of_cell(data: str, row: str, method: str, cell: dict[str, Any] | None) -> list[str]:
    from engine.registry import get

    title = get("method", method).title
    if cell is None:
        return [title, *[""] * 4, not_run(data, row, method), ""]
    now, before = cell["metrics"], cell["original"]
    band = cell["null_band"].get("mia_loss")
    pairs = [f"{before[name]:.1f} → {now[name]:.1f}" if name in before and name in now else ""
             for name in ("forget_accuracy", "test_accuracy", "mia_loss")]
    return [title, *pairs, f"{band[0]:.1f} to {band[1]:.1f}" if band else "", verdict(cell), f"{cell['seconds']:.1f}"]


def not_run(data: str, row: str, method: str) -> str:
    why = unaffordable(data, row, method)
    return f"{NOT_RUN}: {why}" if why else NOT_RUN


def table(head: list[str], lines: list[list[str]]) -> str:
    from engine.studies.table_frame import to_markdown

    return to_markdown(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", choices=COLUMNS, default=[*COLUMNS], help="default: all")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS], help="default: all")
    parser.add_argument("--page", action="store_true", help="compute nothing: write the page from the numbers kept")
    parser.add_argument("--keep", action="store_true", help="compute nothing: keep what was computed, write the page")
    options = parser.parse_args()
    if not options.page:
        folder = Path(os.environ.get("UNLEARN_HOME", Path.home() / ".unlearn")) / "scenarios"
        if not options.keep:
            compute(options.data, options.methods, folder)
        NUMBERS.write_bytes(gzip.compress(json.dumps(collect(folder), separators=(",", ":")).encode(), 9, mtime=0))
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), numbers()), encoding="utf-8")
    print(json.dumps({"page": str(PAGE.relative_to(ROOT)), "cells": len(numbers()),
                      "places": len([*cells([*COLUMNS], [*METHODS])])}))


if __name__ == "__main__":
    main()
