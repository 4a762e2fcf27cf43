"""The chart of what a method works on: every term that its steps carry, with the role that the method declares for it.

Losses share the large plot. Whatever has another scale (weights, shares, norms) has a small plot of its own below.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import plotly.graph_objects as go

from ui.charts import HEIGHT, empty_figure
from ui.charts.colours import BY_SET, MORE_METHODS, WEIGHT
from ui.charts.lines import X_AXES, line, over_time, rounded

TITLE = "What the method works on"
NOT_DRAWN = (*X_AXES, "learning_rate")
ACTING = ("minimised", "maximised")
DASHES = ("solid", "dash", "dashdot", "longdash")  # of terms in one colour
COLOURS = {**BY_SET, "validation": BY_SET["test"]}
OTHER_COLOURS = (WEIGHT, *MORE_METHODS)
SMALL, GAP, LEGEND_ROW = 84, 18, 18  # pixels: a small plot, the space above it, a row of the legend
LONGEST_AXIS = 10  # characters that fit beside a small plot

Trace = Mapping[str, Sequence[float | None]]


class Term(Protocol):
    """What this chart reads of a declared term (``engine.terms.Term``)."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def on(self) -> str: ...
    @property
    def axis(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True)
class Undeclared:
    """A term that a run carries and its method does not declare: drawn under its own name, without a role."""

    name: str
    role: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        return self.name

    @property
    def on(self) -> str:
        return self.name.partition("_")[0] if self._is_loss else ""

    @property
    def axis(self) -> str:
        return "loss" if self._is_loss else self.name

    @property
    def unit(self) -> str:
        return "nats" if self._is_loss else ""

    @property
    def _is_loss(self) -> bool:
        return self.name.endswith("_loss")


def drawn(trace: Trace, terms: Sequence[Term] = ()) -> list[Term]:
    """The terms that the trace carries: the declared ones in their order, then the others by name."""
    names = [name for name in trace if name not in NOT_DRAWN and any(value is not None for value in trace[name])]
    known = {term.name for term in terms}
    return [*(term for term in terms if term.name in names),
            *(Undeclared(name) for name in sorted(names) if name not in known)]


def plot_objective(trace: Trace, terms: Sequence[Term] = (), x: str = "step") -> go.Figure:
    """Every term of ``trace`` against steps, samples or seconds; ``terms`` are those that the method declares.

    The figure's height grows with the number of small plots: show it at ``figure.layout.height``.
    """
    shown = drawn(trace, terms)
    if not shown or not trace.get(x):
        return empty_figure(TITLE)
    axes = _axes(shown)
    figure = over_time(TITLE, _subtitle(shown), x, _axis_title(shown, axes[0]))
    figure.update_layout(showlegend=True)  # a lone term has a role as well
    xs = [rounded(value, 3) for value in trace[x]]
    for term, (colour, dash) in zip(shown, _looks(shown), strict=True):
        values, unit = [rounded(value, 4 if term.axis == "loss" else 7) for value in trace[term.name]], f" {term.unit}"
        side = {} if term.axis == axes[0] else {"yaxis": f"y{axes.index(term.axis) + 1}"}
        figure.add_trace(line(xs, values, label(term), colour, unit.rstrip(), mode=_mode(values), dash=dash, **side))
    _stack(figure, [_axis_title(shown, axis) for axis in axes], len(shown))
    return figure


def label(term: Term) -> str:
    """A term as the legend names it: ``L_forget, maximised up to L_validation``."""
    return f"{term.title}, {' '.join(filter(None, (term.role, term.note)))}" if term.role else term.title


def _axes(shown: Sequence[Term]) -> list[str]:
    """The axes in use, losses first."""
    return sorted(dict.fromkeys(term.axis for term in shown), key=lambda axis: axis != "loss")


def _axis_title(shown: Sequence[Term], axis: str) -> str:
    unit = next(term.unit for term in shown if term.axis == axis)
    text = f"{axis}, {unit}" if unit else axis
    return text if axis == "loss" or len(text) <= LONGEST_AXIS else ""


def _subtitle(shown: Sequence[Term]) -> str:
    if not any(term.role for term in shown):
        return "one batch a step; which of these it minimises is not declared"
    if not any(term.role in ACTING for term in shown):
        return "one batch a step; nothing is minimised or maximised"
    return "one batch a step" + ("; dotted: only watched" if any(term.role == "watched" for term in shown) else "")


def _looks(shown: Sequence[Term]) -> list[tuple[str, str]]:
    """Colour and dash of each: the colour says on which set it is measured, dots that it is only watched."""
    others = iter(OTHER_COLOURS * len(shown))
    taken: Counter[str] = Counter()
    looks = []
    for term in shown:
        colour = COLOURS.get(term.on) or next(others)
        watched = term.role in ("watched", "")
        looks.append((colour, "dot" if watched else "dash" if term.role == "target" else
                      DASHES[taken[colour] % len(DASHES)]))
        taken[colour] += not watched
    return looks


def _mode(values: Sequence[float | None]) -> str:
    """With markers where there are gaps: a value between two gaps has no line."""
    return "lines+markers" if None in values or len(values) == 1 else "lines"


def _stack(figure: go.Figure, titles: Sequence[str], entries: int) -> None:
    """Makes room below the large plot for a small one per further axis, and for a long legend."""
    small, rows = len(titles) - 1, math.ceil(entries / 2) - 1
    margin = figure.layout.margin
    margin.b += LEGEND_ROW * rows
    figure.layout.height = HEIGHT + LEGEND_ROW * rows + small * (SMALL + GAP)
    room = figure.layout.height - margin.t - margin.b
    for place in range(small):  # from the bottom up
        low = place * (SMALL + GAP) / room
        number = small + 1 - place
        figure.layout[f"yaxis{number}"] = {
            "domain": [round(low, 4), round(low + SMALL / room, 4)], "title": {"text": titles[number - 1]},
            "rangemode": "tozero", "nticks": 3, "zeroline": False}
    if small:
        figure.layout.yaxis.domain = [round(small * (SMALL + GAP) / room, 4), 1]
        figure.update_layout(xaxis_anchor=f"y{small + 1}", hoversubplots="axis")
