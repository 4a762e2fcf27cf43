"""What to know when reading a table: sentences for people, each with a kind that programs go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, Protocol

from engine.evaluation.metrics import metric_of
from engine.evaluation.verdict import Kind as Judged
from engine.evaluation.verdict import Verdict
from engine.registry import all_of, get
from engine.spec import Resolved
from engine.studies.comparison import Comparison, Runs, notices
from engine.system.words import numbered

Kind = Literal["missing_retrained", "partial_mean", "over_forgotten", "damaged", "devices", "paper_model",
               "paper_original", "paper_profile", "notice", "no_floor", "under", "clean_trained"]
ORIGINAL = "original"  # the row of the Original


@dataclass(frozen=True)
class Note:
    """``text`` is one or two sentences; ``method`` and ``seeds`` say which runs it is about, where it is about some."""

    kind: Kind
    text: str
    method: str | None = None
    seeds: tuple[int, ...] = ()


def method_title(name: str) -> str:
    """What a row is called: the method's title, or Original."""
    if name == ORIGINAL:
        return "Original"
    return next((method.title for method in all_of("method") if method.name == name), name)


def _papers_model(resolved: Resolved) -> str:
    return resolved.dataset.paper_model or resolved.dataset.default_model


def notes_on_runs(comparison: Comparison, rows: Mapping[str, Mapping[int, Any]], finished: Runs,
                  retrained: Mapping[int, Any], verdicts: Mapping[str, Mapping[int, Verdict]]) -> list[Note]:
    """What to know of the runs: what is missing, what looks good and is not, what they say of themselves."""
    notes = []
    lacking = [seed for seed in comparison.seeds if seed not in retrained]
    if finished and lacking:
        notes.append(Note("missing_retrained", f"No retrained model for {_seeds(lacking)}: metrics that "
                          "need one stay empty there.", seeds=tuple(lacking)))
    for method, metrics in rows.items():
        if method != ORIGINAL and metrics and len(metrics) < len(comparison.seeds):
            notes.append(Note("partial_mean", f"{method_title(method)}: the mean is over {_seeds(list(metrics))} only.",
                              method, tuple(metrics)))
        notes += _doubts(method, metrics, verdicts.get(method, {}))
    devices = sorted({run.device for (method, _), run in finished.items()
                      if method in comparison.methods and run.device})
    if len(devices) > 1:
        notes.append(Note("devices", f"The runs were made on {len(devices)} devices ({'; '.join(devices)}): seconds "
                          "compare within one device only."))
    return notes + [Note("notice", f"{', '.join(map(method_title, methods))}: {notice}")
                    for notice, methods in notices(comparison, finished).items()]


def _doubts(method: str, metrics: Mapping[int, Mapping[str, Any]],
            verdicts: Mapping[int, Verdict]) -> list[Note]:
    """Why a row, though it may look good, is not: by the verdicts, of which every run has one."""
    judged = judged_as({seed: verdicts[seed] for seed in metrics if seed in verdicts})
    over, broken = judged.get("over_forgotten", ()), judged.get("damaged", ())
    told = [Note("over_forgotten", f"{method_title(method)} is over-forgotten with {_seeds(over)}: never best in an "
                 "attack's column.", method, over)] if over else []
    if broken:
        worst = min(broken, key=lambda seed: metrics[seed]["test_accuracy"])
        before, after = (found["test_accuracy"] for found in (metrics[worst]["original"], metrics[worst]))
        told.append(Note("damaged", f"{method_title(method)} damaged the model with {_seeds(broken)}: test accuracy "
                         f"{after:.1f}% after {before:.1f}%, so it is never best: an attack near chance is "
                         "no success where the model is broken.", method, broken))
    return told


def judged_as(verdicts: Mapping[int, Verdict]) -> dict[Judged, tuple[int, ...]]:
    """The seeds of each verdict."""
    kinds: dict[Judged, tuple[int, ...]] = {}
    for seed, verdict in sorted(verdicts.items()):
        kinds[verdict.kind] = (*kinds.get(verdict.kind, ()), seed)
    return kinds


class Sided(Protocol):
    """What is needed of a table's cell."""

    @property
    def method(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def side(self) -> str | None: ...


def note_on_clean_trained(columns: Sequence[str], retrained: Mapping[int, Any]) -> list[Note]:
    """What the model without any manipulated sample shows, which stands in no row of its own."""
    shown = [f"{metric_of(name).title} {fmean(known):.2f}{metric_of(name).unit}" for name in columns
             if (known := [one[name] for one in retrained.values() if one.get(name) is not None])]
    return [Note("clean_trained", f"Held against the clean-trained model: {', '.join(shown)}. Retraining in a row here "
                 "saw what was not found.")] if shown else []


def notes_on_sides(cells: Sequence[Sided]) -> list[Note]:
    """Which values lie under the chance range: near the ideal or not, they are never best."""
    under: dict[str, list[str]] = {}
    for cell in cells:
        if cell.side == "under":
            under.setdefault(cell.method, []).append(metric_of(cell.metric).title)
    return [Note("under", f"{method_title(method)} is below the chance range, and below the retrained model where "
                 f"there is one: never best in {', '.join(titles)}.", method) for method, titles in under.items()]


def notes_on_paper(comparison: Comparison, resolved: Resolved | None) -> list[Note]:
    """What to know of the paper's values where a table has some."""
    models = [get("model", name).title for name in (_papers_model(resolved), resolved.model.name)] if resolved else []
    other = [Note("paper_model", f"The paper's values are of {models[0]}, ours of {models[1]}: with another "
                  "model they give context, not a target for ours.")] if len(set(models)) > 1 else []
    notes = [*other, Note("paper_original", "The paper started from its own Original and its own copy "
                          "of the data, we from ours: compare the rows of the Original first. Differences there "
                          "carry over to the rows below.")]
    if comparison.profile != "paper":
        notes.append(Note("paper_profile", "The paper's values follow the profile 'paper', ours "
                          f"{comparison.profile!r}."))
    return notes


def _seeds(seeds: Sequence[int]) -> str:
    return numbered("seed", seeds)
