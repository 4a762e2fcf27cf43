"""The paper's own numbers: Tables 1 to 4, as printed, from ``paper_tables.csv`` beside this file.

Columns of the file: table, dataset, scenario, forget (a fraction, or a class number), method, metric,
mean, std (over the paper's three seeds; percent, or points for the gaps).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.types import Forgotten

SOURCE = Path(__file__).with_name("paper_tables.csv")
TITLES = {"table1": "Table 1: CIFAR-10, a random subset", "table2": "Table 2: CIFAR-100, a random subset",
          "table3": "Table 3: GoEmotions, a random subset", "table4": "Table 4: CIFAR-10, an entire class"}
FIRST = ("original", "retrain")  # the rows that all others are read against


@dataclass(frozen=True)
class PaperTable:
    """What one table of the paper spans; ``methods`` begin with ``original`` and ``retrain``."""

    name: str
    title: str
    dataset: str
    scenario: str
    forgets: tuple[float | int, ...]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]


def _rows() -> list[dict[str, str]]:
    return list(csv.DictReader(SOURCE.read_text(encoding="utf-8").splitlines()))


def _forget(scenario: str, forget: Any) -> float | int:
    """A fraction or a class number as it is compared, however it was spelled."""
    return int(forget) if scenario == "class" else round(float(forget), 6)


def _table(name: str, rows: list[dict[str, str]]) -> PaperTable:
    def values(column: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row[column] for row in rows))

    dataset, scenario = rows[0]["dataset"], rows[0]["scenario"]
    methods = (*FIRST, *(method for method in values("method") if method not in FIRST))
    return PaperTable(name, TITLES[name], dataset, scenario,
                      tuple(_forget(scenario, forget) for forget in values("forget")), methods, values("metric"))


_ROWS = _rows()
TABLES: dict[str, PaperTable] = {
    name: _table(name, [row for row in _ROWS if row["table"].replace(" ", "").lower() == name]) for name in TITLES}
_VALUES = {(row["dataset"], row["scenario"], _forget(row["scenario"], row["forget"]), row["method"], row["metric"]):
           (float(row["mean"]), float(row["std"])) for row in _ROWS}


def paper_value(dataset: str, scenario: str, forget: Forgotten, method: str,
                metric: str) -> tuple[float, float] | None:
    """Mean and standard deviation that the paper prints, in percent or points; None where it prints none.

    ``forget`` is the fraction of a random subset or the number of the removed class.
    """
    try:
        key = _forget(scenario, forget)
    except (TypeError, ValueError):
        return None
    return _VALUES.get((dataset, scenario, key, method, metric))
