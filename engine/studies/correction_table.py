"""The study of correction as text: a map of methods by shares found, and every number. Pure: rows in, text out."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.metrics import metric_title
from engine.studies.correction import MEASURES, Correction, Row, summary
from engine.studies.exports import value_text
from engine.studies.table_frame import to_markdown as table
from engine.system.words import numbered

SAID = {"forgotten": "corrected", "not_forgotten": "not corrected", "damaged": "damaged", "undecided": "no verdict",
        "reference": "reference"}
BOLD = ("Bold: every run is within chance (three standard errors) of the clean-trained model, in the attack success "
        "rate and in the corrected accuracy.")


def shown(rows: Sequence[Row]) -> list[str]:
    """The measures that any run has."""
    return [name for name in MEASURES if any(row.values[name] for row in rows)]


def to_text(asked: Correction, rows: Sequence[Row]) -> str:
    """Aligned plain text: every number, then what the methods come to."""
    lines = [["", "found", *map(metric_title, shown(rows)), "verdict"], *(_line(row, shown(rows)) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    aligned = ["  ".join([line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:-1], widths[1:])),
                          line[-1]]).rstrip() for line in lines]
    return "\n".join([f"{summary(asked)}, {numbered('seed', asked.seeds)}.", "", *aligned])


def to_markdown(asked: Correction, rows: Sequence[Row]) -> str:
    """A map for each measure that decides, then a table of every number."""
    decisive = [name for name in shown(rows) if name != "rest_accuracy"]
    maps = [text for name in decisive for text in (f"### {metric_title(name)} by share found", "",
                                                   map_of(asked, rows, name))]
    every = table(["Method", "Found", *map(metric_title, shown(rows)), "Verdict"],
                  [_line(row, shown(rows)) for row in rows])
    return "\n".join([f"{summary(asked)}. Mean ± standard deviation over {numbered('seed', asked.seeds)}.", "", *maps,
                      BOLD, "", *_answers(asked, rows), "", "### Every number", "", every])


def answer(asked: Correction, rows: Sequence[Row]) -> str:
    """How many methods correct the model at each share, in a sentence; empty before anything has finished."""
    known = [(f"{100 * share:g}%", own) for share in asked.found
             if (own := [row for row in rows if row.found == share and row.runs])]
    some = [f"{sum(row.corrects for row in own)} of {len(own)} with {share} found" for share, own in known
            if any(row.corrects for row in own)]
    none = [share for share, own in known if not any(row.corrects for row in own)]
    if not some:
        return "No method corrects the model in every run, whatever the share found." if none else ""
    rest = f"; none with {' or '.join(filter(None, (', '.join(none[:-1]), none[-1])))}" if none else ""
    return f"Methods that correct the model in every run: {', '.join(some)}{rest}."


def _answers(asked: Correction, rows: Sequence[Row]) -> list[str]:
    """Which methods correct at each share, in every run and in some."""
    lines = []
    for share in asked.found:
        own = [row for row in rows if row.found == share]
        whole = [row.title for row in own if row.corrects]
        some = [row.title for row in own if not row.corrects and row.verdicts.get("forgotten")]
        lines.append(f"- {100 * share:g}% found: corrected in every run by {', '.join(whole) or 'no method'}"
                     + (f"; in some by {', '.join(some)}." if some else "."))
    return lines


def map_of(asked: Correction, rows: Sequence[Row], measure: str) -> str:
    """Methods down, shares across; the Original and the clean-trained model fill their rows."""
    lines = []
    for method in dict.fromkeys(row.method for row in rows):
        own = {row.found: row for row in rows if row.method == method}
        at = [own.get(share, own.get(None)) for share in asked.found]
        lines.append([next(iter(own.values())).title, *(_square(row, measure) for row in at)])
    return table(["Method", *(f"{100 * share:g}%" for share in asked.found)], lines)


def _square(row: Row | None, measure: str) -> str:
    if row is None:
        return "-"
    text = value_text(row.mean(measure), row.std(measure))
    return f"**{text}**" if row.corrects else text


def _line(row: Row, measures: Sequence[str]) -> list[str]:
    found = "" if row.found is None else f"{100 * row.found:g}%"
    verdicts = ", ".join(f"{SAID.get(kind, kind)} {len(seeds)} of {row.runs}" for kind, seeds in row.verdicts.items())
    return [row.title, found, *(value_text(row.mean(name), row.std(name)) for name in measures), verdicts]
