"""The evidence as a table: the anchors on top, then a row a method; green inside the chance range. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.klom import DIRECTION
from engine.evaluation.ensembles.resampling import Mean
from engine.registry import reference
from engine.studies.ensemble_answer import cannot, chance_range, inside, null_of, places
from engine.studies.ensemble_exports import DAMAGED, problems, table_rows
from engine.studies.ensemble_views import CANNOT_TELL, Evidence, Findings
from ui.charts.colours import REFERENCE, method_colour
from ui.common.html_table import INSIDE, Box, Name, Row, Small, draw
from ui.compare.race import short_title
from ui.evidence import charts

ANCHOR = "anchor"  # the kind of rows that stay on top however the table is sorted
SECOND = "second_retrained"
ANCHORS = {ORIGINAL: "nothing forgotten", SECOND: "what is attainable"}
POPULATION = ("How well one threshold on the confidence, the same for all samples, tells forgotten samples from never "
              "seen ones. The usual attack on a single run is of this kind.")
PER_EXAMPLE = ("How well an attacker who has seen many models with and without a sample tells whether this one was "
               "trained on it and then forgot it. Each model is attacked without its own data draw.")
UNLIKE = "The retrained models differ from others more than chance has it."
KLOM = (f"How far what unlearned models say of a sample lies from what retrained models say, {DIRECTION}. Never 0 with "
        "few models: read it against the null line. Below: where samples were kept, and where they were never seen.")
QUALITY = "The 2023 challenge's score before utility, and its share of what retrained models attain."


def main(found: Findings) -> str:
    """The table as HTML."""
    anchors, methods = table_rows(found)[:3], table_rows(found)[3:]
    rows = [_row(found, row, ANCHOR) for row in anchors]
    rows += [_row(found, row) for row in _nearest_first(found, methods)]
    rows += [Row(Name(short_title(name), dot=method_colour(name)), note=reason, kind="failed")
             for name, reason in found.failed.items()]
    return draw("evidence", _head(found), rows, _foot(found), inside=INSIDE)


def slope(found: Findings) -> Markup:
    """Places by both attacks as SVG."""
    ranked = [charts.Ranked(short_title(one.row.name), one.population, one.per_example, method_colour(one.row.name),
                            one.row.damaged) for one in places(found)]
    return charts.slope(ranked, ("Population attack", "Per-example attack"))


def title_of(name: str) -> str:
    """A row as the page names it."""
    own = {ORIGINAL: "Original", SECOND: "A second retrained", reference().name: "Retrained"}
    return own.get(name) or short_title(name)


def _nearest_first(found: Findings, rows: Iterable[Evidence]) -> list[Evidence]:
    """Undamaged methods first, those nearest to a coin toss before the others."""
    at = {one.row.name: one.per_example for one in places(found)}
    return sorted(rows, key=lambda row: (row.damaged, at.get(row.name, len(at))))


def _head(found: Findings) -> Iterable[Name]:
    yield Name("Method")
    yield Name("Test accuracy", "Mean over models. An attack near chance on a damaged model is no success.")
    yield Name("Population attack", POPULATION, (Small("ROC area"),))
    yield Name("Per-example attack (U-LiRA)", PER_EXAMPLE, (Small("ROC area"),))
    klom = found.attainable.klom
    yield Name("KLoM", KLOM, (Small(f"{klom.bins} bins, N = {klom.models}" if klom else "nats"),))
    yield Name("Forgetting quality", QUALITY, (Small("share of the attainable"),))


def _row(found: Findings, row: Evidence, kind: str = "") -> Row:
    mark = f"\u00a0{DAMAGED}" if row.damaged else ""
    colour = REFERENCE if kind == ANCHOR else method_colour(row.name)
    small = (Small(ANCHORS.get(row.name, "what forgetting should look like")),) if kind == ANCHOR else ()
    name = Name(title_of(row.name), row.title, small, "transparent" if row.name == ORIGINAL else colour, more=mark)
    why = "Damaged: ten points or more below the retrained models'." if row.damaged else ""
    broken = (Small(f"{row.broken} broken"),) if row.broken else ()
    boxes = (Box(f"{row.test_accuracy:.1f}%", why, broken, value=row.test_accuracy),
             _area(row.population, colour, spelled=False), _attack(found, row, colour), _klom(found, row, colour),
             _quality(found, row))
    return Row(name, boxes, kind=kind or ("over" if row.damaged else ""))


def _attack(found: Findings, row: Evidence, colour: str) -> Box:
    if found.cannot_tell and row.name != ORIGINAL:
        return Box(CANNOT_TELL, "The retrained models themselves do not look like chance.", number=False)
    return _area(row.ulira.area if row.ulira else None, colour, " ".join(row.problems))


def _area(mean: Mean | None, colour: str, why: str = "", spelled: bool = True) -> Box:
    """``spelled``: with its interval in numbers, too."""
    if mean is None:
        return Box("–", why or "Retrained models are attacked in the row above.", number=False)
    low, high = chance_range(mean)
    hover = (f"{mean.value:.4f}, 95% interval {mean.low:.4f} to {mean.high:.4f} over {mean.groups} Originals; chance "
             f"range {low:.4f} to {high:.4f}")
    return Box(f"{mean.value:.3f}", hover, (Small(f"{mean.low:.3f} to {mean.high:.3f}"),) if spelled else (), False,
               INSIDE if inside(mean) else "", picture=charts.interval(mean.value, (mean.low, mean.high), (low, high),
                                                                       colour), value=mean.value)


def _klom(found: Findings, row: Evidence, colour: str) -> Box:
    if row.klom is None:
        return Box("–", " ".join(row.problems) or "The reference: KLoM is the distance from it.", number=False)
    if not found.klom_holds:
        return Box(CANNOT_TELL, UNLIKE, number=False)
    null = null_of(found, row)
    if null is None:
        return Box(f"{row.klom.mean:.2f}", value=row.klom.mean)
    most = max(one.klom.mean for one in table_rows(found) if one.klom)
    hover = (f"Mean over samples; retrained models against others: {null.mean:.2f}. 95% of samples lie below "
             f"{row.klom.percentile_95:.2f}, of retrained models below {null.percentile_95:.2f}.")
    more = f"kept {row.klom_retain.mean:.2f}, unseen {row.klom_unseen.mean:.2f}" if (
        row.klom_retain and row.klom_unseen) else ""
    if span := row.klom_mean:
        hover += f" 95% interval over {span.groups} data draws: {span.low:.2f} to {span.high:.2f}."
    return Box(f"{row.klom.mean:.2f}", hover, (Small(more),) if more else (),
               picture=charts.length(row.klom.mean, null.mean, most, "nats", colour), value=row.klom.mean)


def _quality(found: Findings, row: Evidence) -> Box:
    if row.quality is None:
        return Box("–", " ".join(row.problems) or "The reference: it is compared with a second retrained.",
                   number=False)
    if not found.quality_holds:
        return Box(CANNOT_TELL, UNLIKE, number=False)
    if row.share is None:
        return Box("attainable", f"Score {row.quality.score:.3f}: this is what 100% means.", value=1.0)
    span = row.share_mean
    small = (Small(f"{100 * span.low:.0f} to {100 * span.high:.0f}%"),) if span else ()
    over = f" 95% interval over {span.groups} data draws." if span else ""
    return Box(f"{100 * row.share:.1f}%", f"Score {row.quality.score:.3f}.{over}", small, value=row.share)


def _foot(found: Findings) -> Iterable[str]:
    yield from cannot(found)
    if found.cannot_tell:
        yield f"Per-example attack: {CANNOT_TELL}. The retrained models themselves do not look like chance."
    yield from problems(found)
    yield from found.notes
