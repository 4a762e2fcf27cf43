"""The methods of a comparison over their own knobs: utility against privacy, the front, and hypervolumes."""

from __future__ import annotations

import streamlit as st

from engine.errors import BadSpec
from engine.registry import get
from engine.runs.store import Store
from engine.studies.comparison import Comparison
from engine.studies.front import Volume
from engine.studies.front_runs import Front, FrontAsked, front
from engine.types import Spec
from ui.charts import front as charts
from ui.charts.front import Spot
from ui.common.live_chart import live_chart
from ui.common.said import code, plain
from ui.common.state import Slot
from ui.compare.race import short_title

OPEN = Slot("compare.front", False)
HELP = ("Every method with five settings of its own knob, from a quarter of its default to four times it. A method "
        "that is good at one setting only may be well tuned rather than good.")
RULE = ("Hypervolume: the area that a method's points dominate, from the corner (0, 0); 1 is retraining. *Measured "
        "apart*: half of the seeds select the front and the other half measure it, because the best of several noisy "
        "points looks better than it is; the difference is the *optimism*.")
ALONE = "With two or more seeds, the hypervolume is also measured apart from the selection."


def show(comparison: Comparison, store: Store) -> None:
    """A switch, and behind it the chart and the hypervolumes of what has been computed."""
    asked = asked_of(comparison)
    if asked is None:
        return
    if not st.toggle("Utility against privacy, over each method's knob", key=OPEN.key, persist_state="session",
                     help=HELP):
        return
    try:
        found = front(asked.checked(), store)
    except BadSpec as error:
        st.error("\n\n".join(map(plain, error.problems)), icon=":material/error:")
        return
    if found.missing:
        st.caption(f"{found.missing} runs of these settings are not computed yet. All of them, resumable: "
                   f"{code(command(asked))}")
    live_chart(charts.plot_front(spots(found), found.retrained, len(asked.seeds) > 1), "compare-front",
               height=charts.HEIGHT, revision=repr(asked))
    if found.configurations:
        st.table(volumes(found))
        st.caption(RULE if len(asked.seeds) > 1 else f"{RULE} {ALONE}")


def asked_of(comparison: Comparison) -> FrontAsked | None:
    """The study of a comparison's methods; None where they forget no random share, or none has a knob."""
    methods = tuple(name for name in comparison.methods if get("method", name).intensity)
    if comparison.scenario != Spec().scenario or not methods or not isinstance(comparison.forget, float):
        return None
    return FrontAsked(comparison.dataset, methods, comparison.seeds, comparison.forget, comparison.profile,
                      comparison.model)


def command(asked: FrontAsked) -> str:
    """What computes it in a terminal."""
    model = f" --model {asked.model}" if asked.model else ""
    profile = f" --profile {asked.profile}" if asked.profile != FrontAsked().profile else ""
    return (f"python -m engine front --dataset {asked.dataset}{model} --methods {','.join(asked.methods)} --seeds "
            f"{','.join(map(str, asked.seeds))} --forget-fraction {asked.forget_fraction:g}{profile}")


def spots(found: Front) -> list[Spot]:
    """The configurations as the chart draws them."""
    best = found.best
    return [Spot(one.method, short_title(one.method), one.setting, *one.mean, one in best)
            for one in found.configurations]


def volumes(found: Front) -> list[dict[str, str]]:
    """A row a method, the largest first, and all of them together."""
    rows = {short_title(name): (len(found.of(name)), one) for name, one in found.volumes().items()}
    return [_row(name, settings, one) for name, (settings, one) in
            {**rows, "all together": (len(found.configurations), found.whole)}.items()]


def _row(name: str, settings: int, one: Volume) -> dict[str, str]:
    apart, optimism = ("–" if value is None else f"{value:.3f}" for value in (one.apart, one.optimism))
    return {"method": name, "settings": str(settings), "measured apart": apart, "as it looks": f"{one.naive:.3f}",
            "optimism": optimism}
