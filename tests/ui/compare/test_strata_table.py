"""The strata as a table: what is large, bold and coloured, and that every text is escaped."""

from __future__ import annotations

import numpy as np

from engine.studies.strata import Group, Standing, Strata
from ui.common.html_table import INSIDE
from ui.compare.strata import about, table

CHANCE = (0.4, 0.6)
GROUP = Group(np.arange(50), 0.5, {"<b>3</b>": 30, "4": 10, "5": 4, "6": 3, "7": 2, "8": 1})


def shown(tow: float | None = 0.9) -> Strata:
    rows = {"original": (0.5, 0.1), "retrain": (1.0, 0.0), "ssd": (tow, None if tow is None else 0.15)}
    return Strata("scores from 200 models", "loss attack", (0,), dict.fromkeys(("high", "medium", "low"), (GROUP,)), {
        (method, level): Standing(42.0, 0.55, CHANCE, *numbers) for method, numbers in rows.items()
        for level in ("high", "medium", "low")})


def test_size_mean_and_leading_classes_stand_at_the_head():
    html = table(shown())
    assert html.count("50 samples, mean 0.50") == 3
    assert "classes &lt;b&gt;3&lt;/b&gt; (30), 4 (10), 5 (4), 6 (3), 7 (2) and 1 more" in html
    assert "<b>3</b>" not in html


def test_best_is_bold_and_near_retraining_is_coloured():
    html = table(shown())
    assert html.count("<b>0.90</b>") == 3 and "<b>1.00</b>" not in html and "<b>0.50</b>" not in html
    assert html.count(f"background:{INSIDE}") == 3 + 1, "SSD's cells and the key to the table"
    assert html.count("accuracy 42.0%") == html.count("area 0.55") == 9


def test_without_a_retrained_model_there_is_a_dash_with_its_reason():
    html = table(shown(None))
    assert html.count("–") == 3 and "There is no retrained model on this split. Chance range of the area" in html


def test_how_far_to_trust_it():
    assert "With 50 samples an accuracy is known to about ±14 points." in about(shown())
