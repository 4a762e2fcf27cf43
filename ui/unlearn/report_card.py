"""The numbers of a run: Original -> now (-> retrained where known), each with its ideal; and what can be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.evaluation.events import ProbeEvent, Reading, StartEvent
from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import metric_of, metrics_in
from engine.evaluation.verdict import remarks
from engine.registry import by_class, corrective, judged_by, live_attacks, names
from engine.runs import library
from engine.runs.queue import manager
from engine.runs.records import Run, described
from engine.system.files import to_json
from engine.system.words import spaced
from engine.types import Spec
from ui.common import address, measures, take_away, words
from ui.common.folded import folded
from ui.common.said import plain
from ui.unlearn import beginning, report, weights

CARDS = ("accuracy_gap", "test_accuracy", "forget_accuracy", "retain_accuracy")  # after the attacks
CLASS_CARDS = ("forget_accuracy", "test_accuracy", "retain_accuracy", "tpr_at_1pct_fpr")  # 0 on the class is right
CLASS_HELP = {"forget_accuracy": " A retrained model usually has 0% here.",
              "test_accuracy": " The forgotten class is left out of the test set.",
              "attack": " Never-seen samples here are held-out samples of the class, not the test set."}


def metrics(run: Run, start: StartEvent, probes: Sequence[ProbeEvent]) -> None:
    """Cards under the charts: from the evaluation once the run has finished, from the last live reading before."""
    final = run.metrics
    before = (final.original or UNMEASURED) if final else start.before.values
    now = final or _latest(start, probes).values
    reference = (final and final.retrained) or (start.retrained.values if start.retrained else {})
    band = (final or start).null_band
    attacks = [attack.name for attack in live_attacks()]
    shown = [*attacks, *(CLASS_CARDS if judged_by(run.spec) == "class" else CARDS)]
    if corrective(scenario := run.spec.scenario):
        shown = [metric.name for metric in metrics_in(scenario) if not final or final.get(metric.name) is not None]
    folded("More numbers", ":material/numbers:", f"numbers-{run.id}",
           lambda: _cards(shown, before, now, reference, band, run.spec))
    _remarks(run, start)
    if run.has_ended:
        _details(run)


def _cards(shown: Sequence[str], before: Any, now: Any, reference: Any, band: Any, spec: Spec) -> None:
    with st.container(key="cards"):
        for column, name in zip(st.columns(len(shown)), shown, strict=True):
            with column.container(border=True, height="stretch"):  # equally high in a row
                _card(name, before.get(name), now.get(name), reference.get(name), band.get(name), spec)


def _latest(start: StartEvent, probes: Sequence[ProbeEvent]) -> Reading:
    """The newest reading, with the newest attacks: those are measured less often than the histograms."""
    if not probes:
        return start.before
    measured = [p.reading.attacks for p in probes if any(value is not None for value in p.reading.attacks.values())]
    return replace(probes[-1].reading, attacks=measured[-1] if measured else start.before.attacks)


def _card(name: str, before: float | None, now: float | None, retrained: float | None,
          band: Sequence[float] | None, spec: Spec) -> None:
    metric = metric_of(name)
    more = CLASS_HELP.get("attack" if name in names("attack") else name, "") if by_class(spec.scenario) else ""
    more += f" Chance range at these sizes: {band[0]:.1f} to {band[1]:.1f}% (95%)." if band else ""
    st.metric(plain(metric.title), measures.value(metric, now), help=plain(metric.help) + more)
    unit = "%" if metric.unit == "%" else ""  # one line where it fits; the big number above names the unit
    known = [f"before {words.number(before, 1, unit)}"]
    known += [f"{words.reference(spec.scenario)} {words.number(retrained, 1, unit)}"] if retrained is not None else []
    st.caption(" · ".join([*known, f"ideal {measures.ideal(metric, spec.scenario).removesuffix(' points')}"]))


def _remarks(run: Run, start: StartEvent) -> None:
    final = run.metrics or UNMEASURED
    for note in remarks(final):
        st.warning(plain(note), icon=":material/warning:")
    sample = _drawn(run, start)
    if final:
        st.caption(f"{run.steps:,} steps, {run.samples:,} samples, {words.seconds(run.seconds)} for the "
                   f"method alone on {plain(run.device)}. The three numbers and the end of the curves are measured on "
                   f"the complete sets, the charts on their way there on {sample}.")
    elif run.has_ended:
        st.caption(f"What was measured until the run ended, on {sample}.")
    else:
        st.caption(f"Live, on {sample}; attacks are measured less often. The final numbers will be measured on the "
                   "complete sets.")


def _drawn(run: Run, start: StartEvent) -> str:
    """What the charts are measured on, for the middle of a sentence."""
    names = {"forget": "forget", "test": "test", "retain": "retain", "unseen": plain(words.never_seen(run.spec))}
    sizes = [f"{start.counts[name]:,} {word}" for name, word in names.items() if name in start.counts]
    if not sizes:  # an archive need not have them
        return "a fixed sample"
    return f"a fixed sample of {' and '.join(filter(None, (', '.join(sizes[:-1]), sizes[-1])))} samples"


def _details(run: Run) -> None:
    if run.metrics:
        folded("All measures", ":material/table_rows:", f"measures-{run.id}", lambda: measures.table(run))
    folded("The settings that were used", ":material/checklist:", f"settings-{run.id}", lambda: _settings(run))
    further, export, link, _ = st.columns(4)
    with further:
        beginning.more(run)
    with export.popover("Export", icon=":material/download:", width="stretch"):
        _export(run)
    with link.popover("Link", icon=":material/link:", width="stretch"):
        st.caption("This address reopens this run, even after a restart. While the replay stands elsewhere than at the "
                   "end, the browser's own address has its step as well, as `at=`.")
        st.code(address.to({"run": run.id}), language=None)


def _settings(run: Run) -> None:
    used = {**run.spec.options, **(run.effective or {})}
    st.table({plain(spaced(name)): f"{v:.6g}" if isinstance(v, float) else plain(v) for name, v in used.items()})
    st.caption(f"Seed {plain(run.spec.seed)}, profile {plain(run.spec.profile)}, code {plain(run.code_version)}, "
               f"identity {plain(run.identity)}.")


def _export(run: Run) -> None:
    st.download_button(take_away.REPORT, lambda: report.write(run.id), f"{run.id}.html", "text/html",
                       on_click="ignore", key=f"report-{run.id}",
                       help="Opens anywhere, also without a network: the replay, all numbers, settings, and the "
                            "command that repeats the run.")
    st.download_button("The run as JSON", lambda: to_json(described(run) | {"curves": _curves(run.id)}),
                       f"{run.id}.json", "application/json", on_click="ignore", key=f"json-{run.id}")
    if run.metrics and not run.recorded:
        st.download_button("Losses and entropies of every sample as CSV", lambda: _csv(run.id), f"{run.id}.csv",
                           "text/csv", on_click="ignore", key=f"csv-{run.id}")
    weights.offer(run)
    st.caption("**Save SVG** and **Save PNG** beside the replay save the charts above with a caption; a chart further "
               "down has a camera in its corner.")


def _curves(run_id: str) -> list[dict[str, Any]]:
    """What the charts draw: a record a point, percent."""
    return [{"step": point.step, "samples": point.samples, "seconds": point.seconds,
             "in_common": point.reading.overlap, **point.reading.accuracy, **point.reading.attacks}
            for point in library.get(run_id, manager().store).course.points]


def _csv(run_id: str) -> str:
    frame = manager().store.load_samples(run_id)
    return "" if frame is None else frame.to_csv(index=False)
