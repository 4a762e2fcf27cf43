"""From the engine's seat to what the browser's half of it takes: at most some 2,000 numbers, and every word.

Pure: no streamlit, no store. The names are those that seat.js reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.system.shown import is_text
from ui.common.answers import answer, called
from ui.common.pictures import data_uri

if TYPE_CHECKING:
    from numpy import ndarray

    from engine.evaluation.measured import Metrics
    from engine.evaluation.roc import Reported, Sides
    from engine.originals.memorised import Memorised
    from engine.runs.gallery import Shown
    from engine.studies.attacker import Line, Seat
    from engine.types import Attack
    from ui.inspect.form import When

UNITS = {"loss": "nats", "entropy": "nats"}
TITLES = {"best": "Best line", "few": "1% false alarms", "common": "Common to both runs"}
HELP = {
    "best": "The line of the best accuracy, chosen on half of the samples and counted on the other half.",
    "few": "The line that catches most while at most 1% of the never-seen samples are accused.",
    "common": "One line for both runs: the best mean of their accuracies.",
}
OWN = "Your line is chosen on the same data it is counted on, which can flatter the attacker."
FLATTERS = "chosen on these same samples: can flatter"
RULE = ("a fitted logistic curve, learned on some samples and tried on others: the number in every table and, with the "
        "ROC area, of the verdict")
WHY = ("The curve of the tables is another attacker than a line: it is fitted to the sizes of all scores at once, a "
       "best line only to their order, so either can be ahead. It is the mean over ten draws of a tenth of the "
       "samples: with few of them it may even lie above what any line reaches on all, so read its chance range too.")
EQUAL = "Equal values fall on one side together, and here no line catches anybody with so few false alarms."


def seat(key: str, found: Seat, sides: Sides, attack: Attack, unseen: str, second: tuple[str, Sides] | None = None,
         gallery: Mapping[str, Any] | None = None, counts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All that the component draws. ``second`` is another run's short title and its scores; ``counts`` is the one
    accuracy that counts (:func:`counting`).
    """
    from engine.studies.attacker import interval_table

    members, others = found.sizes
    return {
        "key": key, "axis": _axis(found), "density": _density(found),
        "main": _counts(found, sides),
        "second": None if second is None else {"title": second[0], **_second(second[1], found)},
        "interval": _interval(*interval_table(members)), "otherInterval": _interval(*interval_table(others, 30)),
        "lines": [_line(line, second[0] if second else "") for line in found.lines],
        "words": _words(found, attack, unseen), "gallery": gallery, "counts": counts,
    }


def humps(title: str, found: Seat, sides: Sides, attack: Attack, unseen: str) -> dict[str, Any]:
    """What a picture of the two humps and one line needs: the part of :func:`seat` without strategies and curves."""
    return {"title": title, "axis": _axis(found), "density": _density(found), "main": _counts(found, sides),
            "words": _words(found, attack, unseen)}


def _axis(found: Seat) -> dict[str, Any]:
    axis = found.axis
    return {"low": axis.low, "high": axis.high, "logarithmic": axis.logarithmic, "sign": 1 if axis.logarithmic else -1}


def _density(found: Seat) -> dict[str, list[float]]:
    return {"forget": _rounded(found.forget), "unseen": _rounded(found.unseen)}


def counting(metrics: Metrics | None, when: When, attack: Attack) -> dict[str, str] | None:
    """The run's own attack accuracy for one of its models, or a dash and why it has none. No second accuracy counts."""
    if metrics is None:
        return None
    of = metrics if when == "now" else metrics.original if when == "before" else metrics.retrained
    value, band = of.get(attack.name) if of else None, metrics.null_band.get(attack.name)
    if value is None:
        why = metrics.missing.get(attack.name, "") if when == "now" else ""
        return {"value": "–", "text": why or "The run keeps no number of this attack on this model.",
                "range": "not in the tables"}
    return {"value": f"{value:.1f}%", "text": RULE,
            "range": f"chance range {band[0]:.1f} to {band[1]:.1f}%" if band else "50% is a coin toss"}


def _rounded(values: ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]


def _counts(found: Seat, sides: Sides) -> dict[str, Any]:
    if found.cuts.exact:
        return _positions(sides)
    return _cuts(found.cuts.positions, found.cuts.caught, found.cuts.accused, found.sizes)


def _positions(sides: Sides) -> dict[str, Any]:
    """Every sample's position, rising; the browser counts them itself."""
    return {"exact": True, "sizes": [len(sides.members), len(sides.nonmembers)],
            "forget": sorted((-sides.members).tolist()), "unseen": sorted((-sides.nonmembers).tolist())}


def _cuts(positions: ndarray, caught: ndarray, accused: ndarray, sizes: tuple[int, int]) -> dict[str, Any]:
    """Positions with the counts below; the last position, infinity, is left out, since JSON has no word for it."""
    return {"exact": False, "sizes": list(sizes), "at": positions[:-1].tolist(), "caught": caught.tolist(),
            "accused": accused.tolist()}


def _second(sides: Sides, found: Seat) -> dict[str, Any]:
    """Another run: all its positions where they are few, else its counts at the first run's positions."""
    from engine.evaluation.roc import above
    from engine.studies.attacker import EXACT

    sizes = len(sides.members), len(sides.nonmembers)
    if found.cuts.exact and sum(sizes) <= EXACT:
        return _positions(sides)
    at = found.cuts.positions
    return _cuts(at, above(sides.members, -at), above(sides.nonmembers, -at), sizes)


def _interval(counts: ndarray, low: ndarray, high: ndarray) -> dict[str, Any]:
    return {"counts": counts.tolist(), "low": _rounded(low), "high": _rounded(high)}


def _line(line: Line, second: str) -> dict[str, Any]:
    """A strategy's button. JSON has no infinity: None stands for a line above all samples."""
    return {"name": line.name, "title": TITLES[line.name], "help": HELP[line.name], "note": note(line, second),
            "position": None if line.position == float("inf") else line.position}


def note(line: Line, second: str = "") -> str:
    """What a strategy comes to where it is counted on samples that it was not chosen on."""
    if not line.reported:
        return "Too few samples to choose on one half and count on the other: chosen on the same data."
    parts = [f"{TITLES[line.name]} as an attacker would have it, chosen on one half and counted on the other:",
             f"{_rates(line.reported[0])}."]
    if len(line.reported) > 1 and second:
        parts.append(f"{second}: {_rates(line.reported[1])}.")
    if line.counted.caught == 0:
        parts.append(EQUAL)
    return " ".join(parts)


def _rates(reported: Reported) -> str:
    return (f"caught {100 * reported.tpr:.1f}%, wrongly accused {100 * reported.fpr:.1f}%, "
            f"accuracy {100 * reported.accuracy:.1f}%")


def _words(found: Seat, attack: Attack, unseen: str) -> dict[str, str]:
    column = attack.needs[0] if found.axis.logarithmic else ""
    smooth = (f"Smoothed over {found.axis.bandwidth:g} decades." if found.axis.logarithmic
              else "Smoothed over 2.5% of the axis.")
    axis = f"{column} ({UNITS[column]}, logarithmic)" if column else f"score of {attack.short_title}, falling"
    return {"axis": axis, "unit": UNITS.get(column, ""), "forget": "forget", "unseen": unseen, "own": OWN,
            "flatters": FLATTERS, "why": WHY, "area": area(found),
            "smooth": f"{smooth} Below the line, the attacker says: in the forget set."}


def area(found: Seat) -> str:
    """The area under the curve in a sentence, with its chance range and what a reversed curve means."""
    (low, high), (members, others) = found.auc_chance_range, found.sizes
    said = (f"ROC area {found.auc:.3f}, chance range {low:.3f} to {high:.3f} "
            f"({members:,} forget and {others:,} never-seen samples).")
    if found.auc < low:
        said += " Over-forgotten: the forget samples stand out the other way round."
    return said


def tiles(samples: Sequence[Shown], positions: ndarray, logarithmic: bool,
          memorised: Memorised | None = None) -> list[dict[str, Any]]:
    """Samples as the browser shows them, the first to be caught first; one that is not at hand by its ``number``.

    ``memorised`` is of training samples.
    """
    found = [_tile(one, float(positions[one.row]), logarithmic) |
             {"memorised": memorised.brief(one.sample) if memorised else ""} for one in samples]
    return sorted(found, key=lambda tile: tile["at"])


def _tile(one: Shown, at: float, logarithmic: bool) -> dict[str, Any]:
    return {"at": at, "number": one.sample, "label": one.label, "said": _said(one),
            "called": called(one.label, one.truth) if one.label else "", "value": _value(at, logarithmic),
            **_content(one.shown)}


def _said(one: Shown) -> str:
    """``says 6, the true one``; whether the label is true cannot be said of a sample that is not at hand."""
    return f"says {answer(one.said, one.right, one.label or '', one.truth if one.label else None)}"


def _value(position: float, logarithmic: bool) -> str:
    if not logarithmic:
        return f"score {-position:.3f}"
    return "under 0.001 nats" if 0 < position < 1e-3 else f"{position + 0.0:.3f} nats"  # no minus zero


def _content(shown: Mapping[str, Any]) -> dict[str, str]:
    if not shown:
        return {}
    return {"text": shown["text"]} if is_text(shown) else {"src": data_uri(shown["picture"])}
