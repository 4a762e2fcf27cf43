"""An ensemble's report: the answer, the table, both rankings, what it can support, and the command that repeats it."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from engine.evaluation.ensembles.klom import DIRECTION
from engine.evaluation.ensembles.memorisation import Scores
from engine.studies.ensemble_answer import answer, ranking
from engine.studies.ensemble_samples import area_by_stratum, half_by_stratum, sample_numbers, strata
from engine.studies.ensemble_shelves import AtHand
from engine.studies.ensemble_views import Findings
from engine.studies.repeat import ensemble_command
from engine.system.words import spaced
from ui.common import words
from ui.compare.race import short_title
from ui.evidence import table
from ui.report.document import Part, Report, listed, render, texts

QUESTION = "Is it really gone?"


def write(at_hand: AtHand, found: Findings, memorised: Scores | None) -> str:
    """The report as one HTML file."""
    return render(report(at_hand, found, memorised))


def report(at_hand: AtHand, found: Findings, memorised: Scores | None) -> Report:
    """The same as a record."""
    ensemble = at_hand.design.ensemble
    said = answer(found)
    about = f"{words.title_of('dataset', ensemble.dataset)}, {found.models} models of {len(found.rows) - 2} methods"
    parts = [Part("Evidence", Markup(table.main(found))), *_ranking(found), *_strata(at_hand, found, memorised),
             _settings(at_hand)]
    return Report(f"{QUESTION} {about}", said[0], said[1:], parts, _facts(at_hand, found), [ensemble_command(ensemble)])


def _ranking(found: Findings) -> Iterable[Part]:
    if sentence := ranking(found):
        yield Part("What changes against the population attack", table.slope(found), (sentence,))


def _strata(at_hand: AtHand, found: Findings, memorised: Scores | None) -> Iterable[Part]:
    if memorised is None:
        return
    places = strata(memorised.probability.score[sample_numbers(at_hand.design)])
    halves = half_by_stratum(found, places)
    rows = [(table.title_of(name), *(f"{by[stratum]:.3f} ± {halves[name][stratum]:.3f}" for stratum in places))
            for name, by in area_by_stratum(found, places).items()]
    yield Part("The per-example attack by memorisation", texts(("Method", *places), rows),
               (f"Mean area with its 95% interval over {len(places['low'])} samples each; scores from "
                f"{memorised.models} models.",),
               folded=True)


def _settings(at_hand: AtHand) -> Part:
    base, ensemble = at_hand.design.base, at_hand.design.ensemble
    used = {"data": words.title_of("dataset", ensemble.dataset), "model": words.title_of("model", base.model.name),
            "samples that take part": "all" if ensemble.candidates is None else f"{ensemble.candidates:,}",
            "seed": str(ensemble.seed), **base.options}
    used |= {f"{short_title(name)}: {spaced(key)}": value for name, one in at_hand.design.parts.items()
             for key, value in one.effective.items()}
    return Part("Settings", listed({spaced(name): words.setting(value) for name, value in used.items()}), folded=True)


def _facts(at_hand: AtHand, found: Findings) -> dict[str, str]:
    where = "recorded; ships with the app" if at_hand.shelf.recorded else "computed here"
    return {"Models": f"{found.models} of each method, {found.a_side} a side and sample; {where}", "KLoM": DIRECTION,
            "Data": f"sha256 {at_hand.shelf.about['data'][:16]}"}
