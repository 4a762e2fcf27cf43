"""What attacks tuned to each sample say of the methods that a comparison names as nearest: a line and its link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from engine.evaluation.per_example import NAME, PerExample
from engine.registry import reference
from engine.runs.ensembles.alike import part_of
from engine.runs.records import Run
from engine.studies.comparison import Runs
from engine.studies.ranking import Ranking
from ui.compare.race import short_title
from ui.frame import shell


@dataclass(frozen=True)
class Tuned:
    """What an ensemble of models like a run's says of its method."""

    method: str
    run: Run
    found: PerExample


def of_nearest(ranking: Ranking, runs: Runs) -> list[Tuned]:
    """Those of the nearest methods of which an ensemble at these data and settings can tell something."""
    mine = ((place.method, run) for place in ranking.nearest for (method, _), run in sorted(runs.items())
            if method == place.method and NAME in (run.evidence or {}))
    found = {method: Tuned(method, run, PerExample.from_json((run.evidence or {})[NAME])) for method, run in mine}
    return [one for one in found.values() if one.found.kind != "unknown"]


def sentence(found: Iterable[Tuned]) -> str:
    """``Attacks tuned to each sample disagree: ... are found at 0.683 (retrained 0.505).``; empty without any."""
    known = list(found)
    leaks = [one for one in known if one.found.kind == "found"]
    if not known:
        return ""
    begins = "Attacks tuned to each sample " + ("disagree" if leaks else "agree")
    does = "are found" if leaks else "are found no better than chance"
    said = ", ".join(_one(one, does if at == 0 else "") for at, one in enumerate(leaks or known))
    return f"{begins}: on the page Evidence, {said}."


def _one(one: Tuned, does: str) -> str:
    title = short_title(one.method)
    whose = f"the forgotten samples of {title} {does}" if does else f"those of {title}"
    return f"{whose} at an area of {one.found.area:.3f} (retrained {one.found.retrained:.3f})"


def address(one: Tuned) -> Mapping[str, str]:
    """The Evidence page's address for that ensemble, with this method's samples."""
    part = part_of(one.run)
    about = part.shelf.about if part else {}
    query = {"data": one.run.spec.dataset, "method": one.method}
    if part and not part.shelf.recorded:
        methods = dict.fromkeys(str(of["method"]) for of in part.shelf.parts().values())
        query |= {"methods": " ".join(name for name in methods if name != reference().name),
                  "models": str(len(part.numbers)),
                  "candidates": str(about.get("candidates") or ""), "seed": str(about.get("seed") or "")}
    return {name: value for name, value in query.items() if value}


def show(ranking: Ranking, runs: Runs) -> None:
    """The line under the answer with its link, where there is one."""
    found = of_nearest(ranking, runs)
    if said := sentence(found):
        st.markdown(said)
        st.page_link(shell.EVIDENCE, label="See it on the page Evidence", icon=":material/fingerprint:",
                     query_params=address(found[0]))
