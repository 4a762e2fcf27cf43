"""The numbers of a run: Original -> now (-> retrained where known), each with its ideal; and what can be taken away."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.commands import described
from engine.jobs import manager
from engine.metrics import BY_NAME, METRICS
from engine.store import to_json
from engine.types import ENDED
from engine.verdict import verdict
from ui import words

CARDS = ("mia_loss", "mia_entropy", "accuracy_gap", "test_accuracy", "forget_accuracy", "retain_accuracy")


def metrics(run: dict[str, Any], start: dict[str, Any], probes: list[dict[str, Any]]) -> None:
    """Cards under the charts: from the evaluation once the run has finished, from the last live reading before."""
    final = run["metrics"]
    before = final["original"] if final else _flat(start["before"])
    now = final or _flat(_latest(start, probes))
    reference = (final or {}).get("retrained") or (_flat(start["retrained"]) if start["retrained"] else None)
    band = (final or start)["null_band"]
    columns = st.columns(3) + st.columns(3)
    for column, name in zip(columns, CARDS, strict=True):
        with column.container(border=True):
            _card(name, before[name], now[name], reference[name] if reference else None, band.get(name))
    _remarks(run, start)
    if run["status"] in ENDED:
        _details(run)


def _latest(start: dict[str, Any], probes: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest reading, with the newest attacks: those are measured less often than the histograms."""
    if not probes:
        return start["before"]
    measured = [p["reading"]["attacks"] for p in probes if p["reading"]["attacks"]["mia_loss"] is not None]
    return probes[-1]["reading"] | {"attacks": measured[-1] if measured else start["before"]["attacks"]}


def _flat(reading: dict[str, Any]) -> dict[str, Any]:
    accuracy = reading["accuracy"]
    return {**reading["attacks"], **{f"{name}_accuracy": value for name, value in accuracy.items()},
            "accuracy_gap": abs(accuracy["forget"] - accuracy["test"])}


def _card(name: str, before: float | None, now: float | None, retrained: float | None,
          band: list[float] | None) -> None:
    metric = BY_NAME[name]
    unit = "%" if metric.unit == "%" else ""
    ideal = {"match_retrained": "as retrained", "max": "high"}.get(str(metric.ideal)) or f"{metric.ideal:g}{unit}"
    noise = f" Chance alone gives {band[0]:.1f} to {band[1]:.1f}% at these sizes (95%)." if band else ""
    st.metric(metric.title, words.number(now, 1, unit), help=f"{metric.help}{noise}")
    known = [f"before {words.number(before, 1, unit)}"]
    known += [f"retrained {words.number(retrained, 1, unit)}"] if retrained is not None else []
    st.caption(" · ".join([*known, f"ideal {ideal}"]))


def _remarks(run: dict[str, Any], start: dict[str, Any]) -> None:
    final, counts = run["metrics"] or {}, start["counts"]
    if final and (said := verdict(final, final["null_band"])):
        st.info(said, icon=":material/gavel:")
    for note in final.get("notes", []):
        st.warning(note, icon=":material/warning:")
    sample = (f"a fixed sample of {counts['forget']:,} forget, {counts['test']:,} test and {counts['retain']:,} retain "
              "samples")
    if final:
        st.caption(f"The numbers are measured on the complete sets, the charts on {sample}. "
                   f"{run['steps']:,} steps, {run['samples']:,} samples, {words.seconds(run['seconds'])} for the "
                   f"method alone on {run['device']}.")
    elif run["status"] in ENDED:
        st.caption(f"What was measured until the run ended, on {sample}.")
    else:
        st.caption(f"Live, on {sample}; attacks are measured less often. The final numbers will be measured on the "
                   "complete sets.")


def _details(run: dict[str, Any]) -> None:
    if run["metrics"]:
        with st.expander("All numbers", icon=":material/table_rows:"):
            st.dataframe(_rows(run["metrics"]), hide_index=True, width="stretch", column_config={
                c: st.column_config.NumberColumn(format="%.2f") for c in ("before", "after", "retrained")})
    with st.expander("The settings that were used", icon=":material/checklist:"):
        used = {**run["spec"]["options"], **(run["effective"] or {})}
        st.table({name.replace("_", " "): f"{v:.6g}" if isinstance(v, float) else str(v) for name, v in used.items()})
        st.caption(f"Seed {run['spec']['seed']}, profile {run['spec']['profile']}, code {run['code_version']}, "
                   f"identity {run['identity']}.")
    export, link, _ = st.columns([1, 1, 2])
    with export.popover("Export", icon=":material/download:", width="stretch"):
        _export(run)
    with link.popover("Link", icon=":material/link:", width="stretch"):
        st.caption("This address shows this run, also after a restart:")
        st.code(f"{(st.context.url or '').split('?')[0]}?run={run['id']}", language=None)


def _rows(final: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"metric": m.title, "before": final["original"][m.name], "after": final[m.name],
             "retrained": (final["retrained"] or {}).get(m.name), "unit": m.unit} for m in METRICS]


def _export(run: dict[str, Any]) -> None:
    st.download_button("The run as JSON", lambda: to_json(described(run)), f"{run['id']}.json", "application/json",
                       on_click="ignore", key=f"json-{run['id']}")
    if run["metrics"] and not run.get("recorded"):
        st.download_button("Losses and entropies of every sample as CSV", lambda: _csv(run["id"]), f"{run['id']}.csv",
                           "text/csv", on_click="ignore", key=f"csv-{run['id']}")
    st.caption("A chart as a picture: the camera in its corner.")


def _csv(run_id: str) -> str:
    frame = manager().store.load_samples(run_id)
    return "" if frame is None else frame.to_csv(index=False)
