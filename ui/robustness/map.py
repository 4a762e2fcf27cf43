"""From a heatmap to what its chart draws: values, marks, and what hovering says. Pure but for the engine's data."""

from __future__ import annotations

from collections import Counter

from engine.evaluation.metrics import headlines, metric_of, metric_title
from engine.studies.heatmap import DOUBTS, Heatmap, Square
from engine.studies.heatmap_exports import BLIND, amount
from ui.charts import robustness as charts
from ui.charts.robustness import Marks
from ui.common import measures, words
from ui.compare.race import short_title

TITLES = {"accuracy_gap": "Accuracy gap"}  # shorter than in a table
STATES = {"missing": "not run yet", "queued": "waiting", "cancelled": "stopped"}


def matrix(heatmap: Heatmap) -> list[list[float | None]]:
    """The means, row by row."""
    return [[one.mean for one in line] for line in _lines(heatmap)]


def excess(heatmap: Heatmap) -> list[list[float | None]]:
    """How far each mean lies beyond the chance range, row by row."""
    return [[one.excess for one in line] for line in _lines(heatmap)]


def said(heatmap: Heatmap) -> list[list[str]]:
    """What hovering over each square says: mean, spread, every seed, chance range."""
    return [[_said(heatmap, one) for one in line] for line in _lines(heatmap)]


def marks(heatmap: Heatmap, chosen: tuple[int, int] | None) -> Marks:
    """What is drawn over the squares."""
    spots = {(column, row): one for row, line in enumerate(_lines(heatmap)) for column, one in enumerate(line)}
    by_state = {state: [spot for spot, one in spots.items() if one.state == state]
                for state in ("waiting", "running", "failed")}
    best = {(row.best, row.down) for row in heatmap.rows()}
    across = heatmap.sweep.across.values
    places = {row: place for row, down in enumerate(heatmap.sweep.down.values) if (rule := heatmap.rule.get(down))
              is not None and (place := charts.position(across, rule)) is not None}
    blind = {row: BLIND for row, down in enumerate(heatmap.sweep.down.values) if down in heatmap.blind}
    return Marks(doubtful=[spot for spot, one in spots.items() if one.doubtful and spot[1] not in blind], blind=blind,
                 best=[spot for spot, one in spots.items()
                       if (one.across, one.down) in best and spot[1] not in blind], chosen=chosen,
                 rule=places if len(places) > 1 else {}, **by_state)


def measure_title(metric: str) -> str:
    """A measure in a word or two."""
    attacks = {attack.metric("gap"): attack.label for attack in headlines()}
    title = attacks.get(metric) or TITLES.get(metric, metric_of(metric).title)
    return title[:1].upper() + title[1:]


def title(heatmap: Heatmap) -> str:
    """Whose map it is, and what to see."""
    name, sweep = metric_of(heatmap.metric).title, heatmap.sweep
    aim = "high" if heatmap.high_is_good else "near 0"
    whose = f"{short_title(sweep.method)}, {words.title_of('dataset', sweep.dataset)}"
    return f"{whose}. {name}: {aim} is good, and robust where it is widely so"


def subtitle(heatmap: Heatmap) -> str:
    """What the marks mean."""
    seeds, squares = len(heatmap.sweep.seeds), heatmap.squares.values()
    aim = "map's best" if heatmap.high_is_good else "ideal"
    distances = "" if heatmap.high_is_good else ", of each seed's distance: so are colours and verdicts"
    told = [f"Numbers: {f'mean of {seeds} seeds{distances}' if seeds > 1 else f'seed {heatmap.sweep.seeds[0]}'}",
            f"green ✓: chance alone explains the distance to the {aim}; orange: points beyond chance"]
    drawn = [one for one in squares if one.down not in heatmap.blind]
    signs = ["★ best of its row"] if len(heatmap.blind) < len(heatmap.sweep.down.values) else []
    signs += ["grey †: over-forgotten, damaged or below chance, so it never counts, however low its number "
              f"({_doubts(drawn)})"] if any(one.doubtful for one in drawn) else []
    signs += ["hatched: too few samples to tell"] if heatmap.blind else []
    waiting = {one.mean is None for one in drawn if one.state == "waiting"}
    signs += ["empty: not run yet"] if True in waiting else []
    signs += ["thin frame: seeds still to run"] if False in waiting else []
    signs += [f"dashed: the method's own {heatmap.sweep.across.title}"] if len(heatmap.rule) > 1 else []
    return "; ".join(told) + "<br>" + "; ".join(signs)


def _doubts(squares: list[Square]) -> str:
    """``12 over-forgotten, 3 below chance``: how many squares each reason excludes."""
    counts = Counter(one.why for one in squares)
    return "here " + ", ".join(f"{counts[why]} {said}" for why, said in DOUBTS.items() if counts[why])


def verdict(heatmap: Heatmap, square: Square) -> str:
    """What a square says, in words."""
    if square.down in heatmap.blind:
        return f"{BLIND}: chance hides every difference in this row"
    if square.why:
        return f"{DOUBTS[square.why]}: it never counts"
    if not square.excess:
        return "inside the chance range" if not heatmap.high_is_good else "as good as the map's best, within chance"
    return f"{square.excess:.1f} points beyond the chance range"


def _lines(heatmap: Heatmap) -> list[list[Square]]:
    return [[heatmap.squares[x, y] for x in heatmap.sweep.across.values] for y in heatmap.sweep.down.values]


def _said(heatmap: Heatmap, square: Square) -> str:
    sweep, metric = heatmap.sweep, metric_of(heatmap.metric)
    told = [f"{sweep.across.title} {amount(sweep.across.name, square.across)}, "
            f"{sweep.down.title} {amount(sweep.down.name, square.down)}"]
    if square.mean is not None:
        spread = "" if square.std is None else f" ± {square.std:.2f}"
        told.append(f"<b>{metric_title(heatmap.metric)}: {square.mean:.2f}{spread}</b>")
    for seed, (status, reason) in square.states.items():
        value = square.values.get(seed)
        text = measures.value(metric, value) if value is not None else STATES.get(status, status)
        if value is not None and (side := words.side(heatmap.metric, square.signed.get(seed))):
            text += f", {side}"
        told.append(f"seed {seed}: {text}" + (f", {reason}" if reason and status == "failed" else ""))
    if square.noise is not None:
        told.append(f"chance range ±{words.number(square.noise, 2)}")
    if square.excess is not None:
        told.append(verdict(heatmap, square))
    return "<br>".join(told)
