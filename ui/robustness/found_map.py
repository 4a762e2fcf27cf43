"""From the study of correction to what its heatmap draws: methods down, shares across. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.evaluation.metrics import metric_title
from engine.studies.comparison import REFERENCE
from engine.studies.correction import CLEAN, Correction, Row
from engine.studies.correction_table import SAID
from engine.studies.notes import ORIGINAL
from engine.system.words import plural
from ui.charts.robustness import Marks, Spot
from ui.common import words
from ui.compare.race import short_title

LEAST = 0.5  # points: what is not corrected never has the colour of what is
SCALE, OUTSIDE = "points from clean-trained", "are not corrected in every run"
LEGEND = ("Green with ✓: in every run within chance of the clean-trained model, in all measures. Else the colour is "
          "the distance from it.<br>† damaged: does not count; empty: not run yet; thin frame: runs missing")


@dataclass(frozen=True)
class FoundMap:
    """A study's rows as a map of one measure."""

    asked: Correction
    rows: tuple[Row, ...]
    measure: str

    def at(self, column: int, line: int) -> Row | None:
        """The row of a square; retraining with all found is the clean-trained model."""
        method, share = self.asked.methods[line], self.asked.found[column]
        known = {(row.method, row.found): row for row in self.rows}
        return known.get((CLEAN, None)) if method == REFERENCE and share == 1 else known.get((method, share))

    @property
    def columns(self) -> list[str]:
        return [f"{100 * share:g}%" for share in self.asked.found]

    @property
    def lines(self) -> list[str]:
        return [short_title(method) for method in self.asked.methods]

    def of(self, method: str) -> float | None:
        """What the Original or the clean-trained model shows."""
        return next((row.mean(self.measure) for row in self.rows if row.method == method), None)

    def values(self) -> list[list[float | None]]:
        return [[row.mean(self.measure) if row else None for row in line] for line in self._squares()]

    def excess(self) -> list[list[float | None]]:
        """The distance from the clean-trained model, 0 where every run is corrected."""
        return [[self._distance(row) for row in line] for line in self._squares()]

    def _distance(self, row: Row | None) -> float | None:
        clean, value = self.of(CLEAN), row.mean(self.measure) if row else None
        if row is None or value is None or clean is None:
            return None
        return 0.0 if row.corrects or row.method == CLEAN else max(LEAST, abs(value - clean))

    def said(self) -> list[list[str]]:
        """What hovering over each square says."""
        return [[self._said(name, share, row) for share, row in zip(self.columns, line)]
                for name, line in zip(self.lines, self._squares())]

    def _said(self, name: str, share: str, row: Row | None) -> str:
        where = f"{name}, {share} found"
        if row is None or not row.runs:
            return f"{where}<br>not run yet"
        spread = row.std(self.measure)
        told = [where if row.method != CLEAN else f"{where}: the clean-trained model",
                f"<b>{metric_title(self.measure)}: {words.number(row.mean(self.measure), 1)}"
                f"{'' if spread is None else f' ± {spread:.1f}'}</b>", verdicts(row)]
        return "<br>".join(filter(None, told))

    def marks(self, chosen: Spot | None) -> Marks:
        """What is drawn over the squares."""
        spots = {(column, line): row for line, rows in enumerate(self._squares()) for column, row in enumerate(rows)}
        waiting = [spot for spot, row in spots.items() if row is None or row.runs < len(self.asked.seeds)]
        return Marks(doubtful=[spot for spot, row in spots.items() if row and row.verdicts.get("damaged")],
                     waiting=waiting, chosen=chosen)

    def title(self) -> str:
        return f"{metric_title(self.measure)} by share found"

    def subtitle(self) -> str:
        clean, original = self.of(CLEAN), self.of(ORIGINAL)
        known = [f"{name} {value:.1f}%" for name, value in (("Original", original), ("clean-trained", clean))
                 if value is not None]
        return "; ".join(known) + ("<br>" if known else "") + LEGEND

    def _squares(self) -> list[list[Row | None]]:
        return [[self.at(column, line) for column in range(len(self.asked.found))]
                for line in range(len(self.asked.methods))]


def verdicts(row: Row) -> str:
    """``corrected 2 of 3, damaged 1 of 3``."""
    return ", ".join(f"{SAID.get(kind, kind)} {len(seeds)} of {row.runs}" for kind, seeds in row.verdicts.items())


def shown(rows: Sequence[Row], decisive: Sequence[str]) -> list[str]:
    """The measures that any row has; the first where none has any yet."""
    return [name for name in decisive if any(row.values[name] for row in rows)] or [decisive[0]]


def named(options: Mapping[str, object]) -> str:
    """A manipulation in words: the option that is not none."""
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items() if value)
    return said or "as the data are"


def by_seed(row: Row, measures: Sequence[str]) -> list[dict[str, str]]:
    """A row a seed: its measures and its verdict."""
    seeds = sorted({seed for name in measures for seed in row.values[name]})
    kinds = {seed: SAID.get(kind, kind) for kind, those in row.verdicts.items() for seed in those}
    return [{"seed": str(seed),
             **{metric_title(name): words.number(row.values[name].get(seed), 1) for name in measures},
             "verdict": kinds.get(seed, "–")} for seed in seeds]


def counted(rows: Sequence[Row], asked: Correction) -> tuple[int, int]:
    """Runs that are known and runs of the whole study, the Original left out."""
    mine = [row for row in rows if row.method != ORIGINAL]
    return sum(min(row.runs, len(asked.seeds)) for row in mine), len(mine) * len(asked.seeds)


def progress(done: int, total: int, shipped: bool) -> str:
    """``198 runs, all done (recorded)``."""
    recorded = " (recorded)" if shipped else ""
    runs = f"{total:,} {plural(total, 'run')}"
    return f"**{runs}, all done**{recorded}" if done == total else (
        f"**{runs}**: {done:,} done{recorded}, **{total - done:,} to compute**")
