"""Does it forget? Pick data, forget set, method and alpha; launch; watch."""

import streamlit as st

from ui import launch, link, live, prefill, shell

shell.ensure()

st.title("Does it forget?")
asked = st.query_params.get("run")
run_id = asked or launch.current_run()
prefill.fill(run_id, asked=bool(asked))
link.tell_unused(("run",), "Unlearn", "The page is shown as without it.")
settings, view = st.columns([2, 5], gap="large")
with settings.container(key="settings"):
    launch.form()
with view.container(key="view"):
    run_id = st.query_params.get("run") or run_id
    if run_id:
        st.query_params["run"] = run_id
        live.follow(run_id)
    else:
        st.info("No run yet. Choose what to forget and press **Unlearn**: the charts appear here and move while "
                "the method works.",
                icon=":material/arrow_back:")
