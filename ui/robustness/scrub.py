"""Two sliders that run through a grid's end states in the browser: accuracies, attacks and what the map says of each.

The browser's half is scrub.js. All cells travel at once, so a move of a slider asks nothing of the server; the sliders
are the keyboard's way through the map.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import streamlit as st

from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import metric_of
from engine.registry import live_attacks
from engine.studies.heatmap import Heatmap, Square
from engine.studies.heatmap_exports import amount
from engine.studies.sweep_runs import Runs
from engine.types import Attack
from ui.charts.colours import BY_SET, attack_colours
from ui.common import words
from ui.robustness.map import verdict

HERE = Path(__file__).parent
ACCURACIES = ("forget", "test", "retain")
STATES = {"running": "running", "failed": "failed", "waiting": "not measured yet",
          "finished": "without this measure"}
FAR = 20.0  # points of a distance at the right end of its scale; larger ones stand there
Spot = tuple[int, int]


def scrub(heatmap: Heatmap, runs: Runs, titles: tuple[str, str], at: Spot | None) -> Spot | None:
    """Draws the sliders; the column and row of the cell that a person asked to open, else None."""
    opened = _component()(key="robustness-scrub", data=payload(heatmap, runs, titles, at), on_open_change=_nothing).open
    return (int(opened[0]), int(opened[1])) if opened else None


def payload(heatmap: Heatmap, runs: Runs, titles: tuple[str, str], at: Spot | None) -> dict[str, Any]:
    """What the browser needs: both axes, where to begin, and every cell in words and numbers."""
    sweep = heatmap.sweep
    labels = [[amount(axis.name, value) for value in axis.values] for axis in (sweep.across, sweep.down)]
    cells = [[_cell(heatmap, runs, x, y) for x in sweep.across.values] for y in sweep.down.values]
    return {"across": {"title": titles[0], "labels": labels[0]}, "down": {"title": titles[1], "labels": labels[1]},
            "at": list(at or (len(labels[0]) // 2, len(labels[1]) // 2)), "cells": cells}


def _cell(heatmap: Heatmap, runs: Runs, x: Any, y: Any) -> dict[str, Any]:
    sweep, square = heatmap.sweep, heatmap.squares[x, y]
    known = [run.metrics for seed in sweep.seeds if (run := runs.get((x, y, seed))) and run.finished and run.metrics]
    colours = attack_colours(attack.name for attack in live_attacks())
    numbers = [_number(known, f"{name}_accuracy", BY_SET[name]) for name in ACCURACIES]
    numbers += [_distance(known, attack, colours[attack.name]) for attack in live_attacks()
                if attack.metric("gap") != heatmap.metric]
    numbers += [_mapped(heatmap, square)]
    return {"name": f"{sweep.across.title} {amount(sweep.across.name, x)}, {sweep.down.title} "
                    f"{amount(sweep.down.name, y)}",
            "verdict": STATES[square.state] if square.mean is None else verdict(heatmap, square),
            "kind": _kind(heatmap, square), "numbers": numbers}


def _mapped(heatmap: Heatmap, square: Square) -> dict[str, Any]:
    """The map's own number: what colour and verdict go by."""
    unit = metric_of(heatmap.metric).unit
    high = heatmap.high_is_good
    return {"title": f"On the map: {metric_of(heatmap.metric).title}", "value": square.mean,
            "text": words.number(square.mean, 2, "" if square.mean is None else "%" if unit == "%" else f" {unit}"),
            "band": None if square.noise is None or high else [0.0, round(square.noise, 2)], "low": 0.0,
            "high": 100.0 if high else FAR, "colour": "currentColor",
            "note": "" if square.noise is None else f"chance range ±{square.noise:.1f}"}


def _kind(heatmap: Heatmap, square: Square) -> str:
    if square.excess is None or square.down in heatmap.blind or square.doubtful:
        return "unknown"
    return "poor" if square.excess else "good"


def _number(known: Sequence[Metrics], name: str, colour: str) -> dict[str, Any]:
    """An accuracy: its mean over seeds in percent, and the retrained model's."""
    value, truth = _mean(known, name), _mean([m.retrained for m in known if m.retrained], name)
    return {"title": metric_of(name).title, "value": value, "text": words.number(
        value, 1, "" if value is None else "%"), "band": None, "low": 0.0, "high": 100.0, "colour": colour,
        "note": "" if truth is None else f"retrained {truth:.1f}%"}


def _distance(known: Sequence[Metrics], attack: Attack, colour: str) -> dict[str, Any]:
    """How far an attack is from 50: the mean of the seeds' distances, as on the map, where signs would cancel."""
    name = attack.metric("gap")
    value, truth = _mean(known, name), _mean([m.retrained for m in known if m.retrained], name)
    bands = [band for metrics in known if (band := (metrics.get("null_band") or {}).get(attack.name))]
    half = round(fmean((high - low) / 2 for low, high in bands), 2) if bands else None
    note = [f"chance range ±{half:.1f}"] if half is not None else []
    note += [f"retrained {truth:.1f}"] if truth is not None else []
    found = [metrics.get(attack.name) for metrics in known if metrics.get(attack.name) is not None]
    note += [f"accuracy {words.span(found)}"] if found else []
    return {"title": f"{attack.label[:1].upper()}{attack.label[1:]}, from 50", "value": value, "text": words.number(
        value, 1, "" if value is None else " points"), "band": None if half is None else [0.0, half], "low": 0.0,
        "high": FAR, "colour": colour, "note": ", ".join(note)}


def _mean(those: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [value for one in those if (value := one.get(name)) is not None]
    return round(fmean(values), 3) if values else None


@functools.cache
def _component() -> Any:
    return st.components.v2.component("grid_scrub", js=(HERE / "scrub.js").read_text(encoding="utf-8"),
                                      css=(HERE / "scrub.css").read_text(encoding="utf-8"), isolate_styles=False,
                                      html='<div class="scrub"></div>')


def _nothing() -> None:
    """A callback is what makes Streamlit report a trigger; the value is read from the result."""
