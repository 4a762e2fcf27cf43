"""The state of things, for the Start page: machine, data, Originals, the latest and the interrupted runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.checkpoints import OriginalKey
from engine.errors import LabError
from engine.jobs import manager
from engine.machine import machine
from engine.recorded import recorded_runs
from engine.registry import all_of, get
from ui import shell, words

WHERE = {"embedded": "ready (comes with the app)", "folder": "ready (in $UNLEARN_DATA_DIR)",
         "cache": "ready (downloaded before)", None: "not here; downloaded on first use"}


def interrupted_runs() -> None:
    """Runs that a killed process left behind, each with a button that runs it again."""
    jobs = manager()
    dismissed = st.session_state.setdefault("dismissed", set())
    lost = [run for run in jobs.store.list(status=("interrupted",), newest_first=True, limit=5)
            if run["id"] not in dismissed]
    for run in lost:
        text, again = st.columns([5, 1], vertical_alignment="center")
        text.warning(f"Interrupted: {words.run_title(run)} ({words.when(run['started'])}). {run['reason']}",
                     icon=":material/power_off:")
        if again.button("Run again", key=f"rerun-{run['id']}", icon=":material/replay:", width="stretch"):
            dismissed.add(run["id"])
            st.switch_page(shell.UNLEARN, query_params={"run": jobs.rerun(run["id"])})


def machine_and_data() -> None:
    """A line on the machine, and a table of data sets with their Originals."""
    here = machine()
    st.markdown(f"**{here.device}** with {here.cores} cores and {here.memory_total:.0f} GiB of memory. "
                f"Results are kept in `{manager().store.root}`.")
    st.dataframe([_row(dataset) for dataset in all_of("dataset")], hide_index=True, width="stretch")


def _row(dataset: Any) -> dict[str, str]:
    model = get("model", dataset.default_model)
    options = {option.name: option.default for option in dataset.options}
    key = OriginalKey(dataset.name, model.name, model.recipe_for(dataset), 0, options)
    try:
        found = manager().checkpoints.find(key)
        original = "not trained yet" if found is None else (
            f"{found.sidecar['metrics']['train_accuracy']:.1f}% on its training set, "
            f"{found.sidecar['metrics']['heldout_accuracy']:.1f}% on all held-out samples")
    except LabError as error:
        original = str(error)
    return {"Data": dataset.title, "Status": WHERE[dataset.available()], "Model": model.title, "Original": original}


def latest_runs() -> None:
    """The five newest runs as links."""
    runs = manager().store.list(newest_first=True, limit=5)
    if not runs:
        st.caption("None yet: press the button above.")
    _links(runs)


def recorded_results() -> None:
    """The runs that ship with the app, as links: to look at without data, download or GPU."""
    if runs := recorded_runs():
        st.subheader("Recorded results")
        st.caption("Made earlier, on the devices named in them; they open without the data.")
        _links(runs)


def _links(runs: Any) -> None:
    for run in runs:
        name, state = st.columns([4, 1], vertical_alignment="center")
        name.page_link(shell.UNLEARN, label=words.run_title(run), query_params={"run": run["id"]},
                       icon=words.ICONS[run["status"]])
        state.markdown(":violet-badge[:material/album: recorded]" if run.get("recorded") else
                       words.badge(run["status"]))
