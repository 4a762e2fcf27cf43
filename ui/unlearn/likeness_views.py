"""The views of likeness: each with its answer, its table or chart, and what it is blind to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import metric_of
from engine.runs.records import Run
from engine.studies.likeness_asked import agreement_said, tells
from ui.charts.likeness import LAYERS, LINES, plot_layers, plot_moved
from ui.common import measures
from ui.common.live_chart import live_chart
from ui.common.said import plain

SETS = {"forget": "forget set", "test": "test set", "retain": "retain set", "unseen": "never seen"}
PAIRS = {"unlearned_retrained": "now and retrained", "attainable": "two retrained models: attainable",
         "unlearned_original": "now and Original", "original_retrained": "Original and retrained"}
MODELS = {"original": "Original", "unlearned": "now", "retrained": "retrained"}
TRADE_BLIND = "It is a product of three: which of them is off, and on which side, it does not say."
Set = Mapping[str, Any]


def predictions(one: Set, blind: Mapping[str, str]) -> None:
    """Agreement and divergence by pair of models."""
    st.markdown(f"##### Same predictions?\n**{agreement_said(one)}**")
    st.table([{"models": title, "agree": f"{one['agreement'][pair]['share']:.1f}%",
               "kappa": _number(one["agreement"][pair]["kappa"]), "divergence": f"{one['jsd'][pair]:.4f} nats"}
              for pair, title in PAIRS.items() if pair in one["agreement"]], hide_index=True)
    st.caption(f"Of {one['count']:,} samples. Kappa is the agreement beyond chance, divergence that of Jensen and "
               f"Shannon: 0 is equal. {blind['agreement']} Divergence: {_lower(blind['jsd'])}")


def classes(one: Set, blind: Mapping[str, str]) -> None:
    """Accuracy by class of three models, with intervals."""
    st.markdown("##### Accuracy by class")
    by_model = {title: {entry["name"]: entry for entry in one["by_class"].get(model, [])}
                for model, title in MODELS.items()}
    names = [entry["name"] for entry in one["by_class"]["unlearned"] if entry["count"]]
    st.table([{"class": plain(name), **{title: _accuracy(found.get(name)) for title, found in by_model.items()}}
              for name in names], hide_index=True)
    st.caption(f"Spans are 95% intervals (Wilson 1927). {blind['by_class']}")


def _accuracy(entry: Mapping[str, Any] | None) -> str:
    if not entry or entry["accuracy"] is None:
        return "–"
    low, high = entry["interval"]
    return f"{entry['accuracy']:.1f}%  ({low:.0f} to {high:.0f}%)"


def moved(run_id: str, name: str, one: Set, blind: Mapping[str, str]) -> None:
    """What was said before, and what now and by the retrained model."""
    st.markdown("##### Which answers moved")
    labels = [entry["name"].replace("<", "‹") for entry in one["by_class"]["unlearned"]]  # Plotly reads HTML
    for column, (move, title) in zip(st.columns(2), (("original_to_unlearned", "Before → now"),
                                                     ("original_to_retrained", "Before → retrained")), strict=True):
        if counts := one["moved"].get(move):
            stayed, total = sum(row[at] for at, row in enumerate(counts)), sum(map(sum, counts))
            said = f"{total - stayed:,} of {total:,} answers moved"
            with column:
                live_chart(plot_moved(counts, labels, title, said, f"{said}. {_largest(counts, labels)}"),
                           f"moved-{run_id}-{move}", height=340, revision=f"{run_id}-{name}")
    st.caption(blind["prediction_matrix"])


def _largest(counts: list[list[int]], labels: list[str]) -> str:
    every = [(value, labels[row], labels[column]) for row, values in enumerate(counts)
             for column, value in enumerate(values) if row != column and value]
    return "; ".join(f"{value} from {one} to {other}" for value, one, other in sorted(every, reverse=True)[:3])


def layers(run_id: str, name: str, one: Set, blind: Mapping[str, str]) -> None:
    """Likeness of features by layer, and the layers at which it cannot tell."""
    st.markdown("##### Alike inside?")
    known = [layer for layer, value in one["cka"].get("unlearned_retrained", {}).items() if value is not None]
    if not known:
        st.caption("Too few samples to compare features.")
        return
    silent = [layer for layer in known if not tells(one, layer)]
    said = ("" if not silent else "Cannot tell here, as the Original is as like the retrained model as another "
            f"retrained one is: {'every layer' if len(silent) == len(known) else ', '.join(silent)}.")
    alt = "; ".join(f"{title}: " + ", ".join(f"{layer} {_number(value)}" for layer, value in one["cka"][pair].items())
                    for pair, (title, *_) in LINES.items() if pair in one["cka"])
    live_chart(plot_layers(one["cka"], "Features, layer by layer", "1: the same but for a turn and a scale",
                           f"{said} {alt}".strip()), f"layers-{run_id}", height=LAYERS, revision=f"{run_id}-{name}")
    st.table([{"layer": layer, **{title: _number(one["cka"].get(pair, {}).get(layer))
                                  for pair, title in PAIRS.items()}} for layer in known], hide_index=True)
    st.caption(" ".join(filter(None, [said, blind["cka"]])))


def trade(run: Run) -> None:
    """ToW-MIA, which is measured with the run where a retrained model is known."""
    metric, final = metric_of("tow_mia"), run.metrics or UNMEASURED
    value = final.get(metric.name)
    shown = measures.why_missing(metric, final) if value is None else measures.value(metric, value)
    ideal = measures.ideal(metric, run.spec.scenario)
    st.markdown(f"##### All in one number\n**{plain(metric.title)}: {shown}**, ideal {ideal}")
    st.caption(f"{plain(metric.help)} {TRADE_BLIND}")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"
