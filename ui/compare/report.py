"""A comparison's report: its tables, what forgetting costs in accuracy, every run with its origin, the commands."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from engine.evaluation.metrics import metric_of
from engine.evaluation.verdict import verdict_of
from engine.registry import live_attacks
from engine.runs.records import Run
from engine.studies.cell import Against
from engine.studies.comparison import Comparison, Runs
from engine.studies.ranking import NEAREST, ordered, rank
from engine.studies.repeat import comparison_commands
from engine.studies.table import Table, build_table
from engine.system.words import spaced
from ui.common import words
from ui.compare import answer, more_measures, race
from ui.compare import table as main_table
from ui.report import tradeoff
from ui.report.document import Part, Report, render, texts

QUESTION = "Which method forgets best?"
CHANCE = ("The chance range is where an attack's accuracy lies in 95% of cases when there is nothing to find, at these "
          "set sizes.")

WORDS = {"damaged": "Damaged", "over_forgotten": "Over-forgotten", "not_forgotten": "Not forgotten",
         "undecided": "No verdict", "reference": "The reference",
         "forgotten": "Forgotten, as far as the attacks can tell"}
FEW = "Too few samples to tell"


def write(shown: Table, runs: Runs, about: str, against: Against = "retrained") -> str:
    """The report of a comparison as one HTML file; ``about`` says what is compared, ``against`` with what."""
    return render(report(shown, runs, about, against))


def report(shown: Table, runs: Runs, about: str, against: Against = "retrained") -> Report:
    """The same as a record."""
    comparison, ranking = shown.comparison, rank(shown.comparison, runs, against)
    order = ordered(shown, NEAREST, ranking)
    more = build_table(comparison, runs, more_measures.columns(comparison.scenario))
    main = main_table.main(shown, runs, order=order, ranking=ranking, against=against)
    parts = [Part("Paper's measures and cost", Markup(main)),
             *_tradeoffs(comparison, runs, shown),
             Part("More measures", Markup(more_measures.more(more, runs, each_seed=True))),
             Part("Runs", _runs(comparison, runs), (CHANCE,)), Part("Settings", _settings(comparison, runs))]
    said = [*filter(None, [answer.left_out(ranking), main_table.shaky(shown, runs)]), *_verdicts(shown)]
    return Report(f"{QUESTION} {about}", answer.sentence(ranking) or about, said, parts,
                  _facts(comparison, against), comparison_commands(comparison))


def _verdicts(shown: Table) -> Iterable[str]:
    """``Not forgotten: SCRUB (2 of 3 seeds), SSD.`` for each verdict that a method got."""
    for kind in dict.fromkeys(kind for kinds in shown.judged.values() for kind in kinds):
        named = [race.short_title(method) + answer.of_seeds(len(kinds[kind]), len(shown.comparison.seeds))
                 for method, kinds in shown.judged.items() if kind in kinds]
        yield f"{WORDS[kind]}: {', '.join(named)}."


def _tradeoffs(comparison: Comparison, runs: Runs, shown: Table) -> Iterable[Part]:
    for attack in live_attacks():
        outcomes = race.outcomes(comparison, runs, attack.name, shown)
        gap = metric_of(f"{attack.name}_gap")
        if drawn := tradeoff.draw(outcomes, f"{gap.title}, {gap.unit}"):
            yield Part(f"What forgetting costs: {attack.label}", drawn)


def _runs(comparison: Comparison, runs: Runs) -> Markup:
    attacks = live_attacks()
    head = ["Method", "Seed", "State", *(f"Chance range, {attack.label}" for attack in attacks), "Device", "Started",
            "Code version", "Identity"]
    return texts(head, [_run(method, seed, runs.get((method, seed)), [attack.name for attack in attacks])
                        for method in comparison.methods for seed in comparison.seeds])


def _run(method: str, seed: int, run: Run | None, attacks: Iterable[str]) -> list[str]:
    name = race.short_title(method)
    if run is None:
        return [name, str(seed), "not run yet", *("" for _ in attacks), "", "", "", ""]
    bands = [run.metrics.null_band.get(attack) if run.metrics else None for attack in attacks]
    return [name, str(seed), _state(run), *(f"{band[0]:.1f} to {band[1]:.1f}%" if band else "–" for band in bands),
            run.device or "–", words.when(run.started or run.created), run.code_version or "–", run.identity or "–"]


def _state(run: Run) -> str:
    """What became of it, and why where it has no numbers."""
    found = verdict_of(run) if run.finished else None
    said = (FEW if found.few else WORDS[found.kind]) if found else run.status
    return f"{said}{', recorded' if run.recorded else ''}{f': {run.reason}' if run.reason else ''}"


def _settings(comparison: Comparison, runs: Runs) -> Markup:
    """What each method really used, seed by seed where they differ."""
    used: dict[tuple[str, str], list[int]] = {}
    for method in comparison.methods:
        for seed in comparison.seeds:
            if (run := runs.get((method, seed))) and run.effective is not None:
                text = ", ".join(f"{spaced(name)} {words.setting(value)}" for name, value in run.effective.items())
                used.setdefault((race.short_title(method), text or "none"), []).append(seed)
    return texts(("Method", "Seeds", "Settings"),
                 [(name, " ".join(map(str, seeds)), text) for (name, text), seeds in used.items()])


def _facts(comparison: Comparison, against: Against) -> dict[str, str]:
    spec = comparison.spec(comparison.methods[0], comparison.seeds[0])
    facts = {"Data": words.title_of("dataset", comparison.dataset), "Forgotten": words.forgotten(spec),
             "Seeds": " ".join(map(str, comparison.seeds)), "Profile": comparison.profile,
             "Held against": answer.REFERENCES[against],
             "Model": words.title_of("model", comparison.model) if comparison.model else "the data set's first"}
    return facts | {spaced(name): words.setting(value) for name, value in comparison.options.items()}
