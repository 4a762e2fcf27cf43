"""An ensemble's evidence as JSON, CSV and Markdown. Pure: findings in, text or JSON out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.evaluation.ensembles.resampling import Mean
from engine.studies.ensemble_answer import answer, cannot, chance_range, inside, places, ranking
from engine.studies.ensemble_views import Evidence, Findings

NONE, DAMAGED = "-", "‡"


def as_json(found: Findings) -> dict[str, Any]:
    """The evidence as one JSON object."""
    return {"models": found.models, "a_side": found.a_side, "cannot_tell": found.cannot_tell,
            "klom_cannot_tell": not found.klom_holds, "quality_cannot_tell": not found.quality_holds,
            "rows": [row_json(row) for row in found.rows], "second_retrained": row_json(found.attainable),
            "notes": found.notes, "failed": found.failed}


def row_json(row: Evidence) -> dict[str, Any]:
    """One method's evidence as JSON."""
    attack, klom, quality = row.ulira, row.klom, row.quality
    return {
        "method": row.name, "models": row.models, "broken": row.broken, "retain_accuracy": row.retain_accuracy,
        "forget_accuracy": row.forget_accuracy, "test_accuracy": row.test_accuracy, "damaged": row.damaged,
        "population_auc": row.population and asdict(row.population),
        "ulira_auc": attack and asdict(attack.area), "ulira_accuracy": attack and asdict(attack.accuracy),
        "sample_auc_percentiles": attack and _percentiles(attack.per_sample), "null_sd": attack and attack.null_sd,
        "klom": klom and {"name": klom.name, "mean": klom.mean, "p95": klom.percentile_95, "bins": klom.bins,
                          "models": klom.models, "interval": _ends(row.klom_mean),
                          "retain_mean": row.klom_retain and row.klom_retain.mean,
                          "unseen_mean": row.klom_unseen and row.klom_unseen.mean},
        "forgetting_quality": quality and {"score": quality.score, "interval": _ends(row.quality_mean),
                                           "share_of_attainable": row.share, "share_interval": _ends(row.share_mean),
                                           "models": quality.models, "low_n": quality.low},
        "problems": row.problems}


def _ends(mean: Mean | None) -> list[float] | None:
    """The ends of an interval; None without one."""
    return [mean.low, mean.high] if mean else None


def _percentiles(values: np.ndarray) -> dict[str, float]:
    return {f"p{percent}": float(np.nanpercentile(values, percent)) for percent in (5, 25, 50, 75, 95)}


def to_csv(found: Findings) -> str:
    """A row a method, at full precision, the anchors first."""
    rows = [_flat(row) for row in table_rows(found)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table_rows(found: Findings) -> list[Evidence]:
    """The Original, the retrained, a second retrained, then each method."""
    return [*found.rows[:2], found.attainable, *found.rows[2:]]


def to_markdown(found: Findings) -> str:
    """The answer, the table, both rankings, and what this many models can support."""
    parts = [" ".join(answer(found)), _table(found), *_failed(found.failed), ranking(found), _places(found),
             _legend(found), *problems(found), *found.notes]
    return "\n\n".join(filter(None, parts))


def problems(found: Findings) -> list[str]:
    """Why measures are absent and which models were left out, each sentence once."""
    return list(dict.fromkeys(problem for row in found.rows for problem in row.problems))


def _flat(row: Evidence) -> dict[str, Any]:
    attack, klom, quality = row.ulira, row.klom, row.quality
    return {"method": row.name, "models": row.models, "broken": row.broken, "test_accuracy": row.test_accuracy,
            "retain_accuracy": row.retain_accuracy, "forget_accuracy": row.forget_accuracy, "damaged": row.damaged,
            **_mean("population_auc", row.population), **_mean("ulira_auc", attack.area if attack else None),
            **_mean("ulira_accuracy", attack.accuracy if attack else None), "klom_mean": klom and klom.mean,
            **_span("klom_mean", row.klom_mean), "klom_p95": klom and klom.percentile_95,
            "klom_retain_mean": row.klom_retain and row.klom_retain.mean,
            "klom_unseen_mean": row.klom_unseen and row.klom_unseen.mean, "klom_bins": klom and klom.bins,
            "models_a_side": klom and klom.models, "forgetting_quality": quality and quality.score,
            **_span("forgetting_quality", row.quality_mean), "share_of_attainable": row.share,
            **_span("share_of_attainable", row.share_mean), "problems": " ".join(row.problems)}


def _mean(name: str, mean: Mean | None) -> dict[str, float | None]:
    value, low, high = (mean.value, mean.low, mean.high) if mean else (None, None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _span(name: str, mean: Mean | None) -> dict[str, float | None]:
    low, high = _ends(mean) or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


HEAD = ("Method", "N", "Test accuracy, %", "Population attack", "Per-example attack (U-LiRA)", "KLoM, mean",
        "95th percentile", "where kept", "never seen", "Forgetting quality", "Share of the attainable")


def _table(found: Findings) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(_line(row) for row in table_rows(found))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(row: Evidence) -> tuple[str, ...]:
    klom, quality, share = row.klom, row.quality, row.share_mean
    return (f"{row.title}{f' {DAMAGED}' if row.damaged else ''}", str(row.models), f"{row.test_accuracy:.1f}",
            _interval(row.population), _interval(row.ulira.area if row.ulira else None),
            _number(klom.mean if klom else None, row.klom_mean), f"{klom.percentile_95:.2f}" if klom else NONE,
            *(f"{one.mean:.3f}" if one else NONE for one in (row.klom_retain, row.klom_unseen)),
            _number(quality.score if quality else None, row.quality_mean),
            NONE if row.share is None else f"{100 * row.share:.1f}%" + (
                f" ({100 * share.low:.1f} to {100 * share.high:.1f})" if share else ""))


def _interval(mean: Mean | None) -> str:
    """``0.611 (0.601 to 0.622)``, bold inside the chance range."""
    if mean is None:
        return NONE
    said = f"{mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"
    return f"**{said}**" if inside(mean) else said


def _number(value: float | None, mean: Mean | None) -> str:
    """``0.418 (0.314 to 0.521)``."""
    span = f" ({mean.low:.3f} to {mean.high:.3f})" if mean else ""
    return NONE if value is None else f"{value:.3f}{span}"


def _failed(failed: Mapping[str, str]) -> list[str]:
    return ["\n".join(f"- {name}: {reason}" for name, reason in failed.items())] if failed else []


def _places(found: Findings) -> str:
    ranked = places(found)
    lines: list[tuple[str, ...]] = [("Place", "By the population attack", "By the per-example attack")]
    usual = sorted(ranked, key=lambda place: place.population)
    lines += [("---",) * 3]
    lines += [(str(at), *(f"{one.row.title}{f' {DAMAGED}' if one.row.damaged else ''}" for one in both))
              for at, both in enumerate(zip(usual, ranked, strict=True), 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if ranked else ""


def _legend(found: Findings) -> str:
    retrained = found.rows[1].ulira
    low, high = chance_range(retrained.area) if retrained else (0.5, 0.5)
    return (f"Areas under ROC curves, means over models with 95% intervals; a coin toss is 0.5, and bold values lie "
            f"inside the chance range ({low:.3f} to {high:.3f} for retrained models). {DAMAGED} damaged: its test "
            f"accuracy is ten points or more below the retrained models'. {_null_line(found)}").strip()


def _null_line(found: Findings) -> str:
    klom, quality = found.attainable.klom, found.attainable.quality
    null = (f"The null line of KLoM is {klom.mean:.3f} on average, {klom.percentile_95:.2f} at the 95th percentile, "
            "also where a sample was kept or never seen." if klom else "")
    return " ".join(filter(None, [null, f"The attainable forgetting quality is {quality.score:.3f}." if quality
                                  else "", *cannot(found)]))
