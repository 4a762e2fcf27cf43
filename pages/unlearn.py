"""Does it forget? Pick data, forget set, method and alpha; launch; watch."""

import streamlit as st

from ui import launch, live, shell

shell.ensure()

st.title("Does it forget?")
settings, view = st.columns([2, 5], gap="large")
with settings.container(key="settings"):
    launch.form()
with view.container(key="view"):
    run_id = st.query_params.get("run") or launch.current_run()
    if run_id:
        st.query_params["run"] = run_id
        live.follow(run_id)
    else:
        st.info("No run yet. Choose on the left and press **Unlearn**: the charts appear here and move while "
                "the method works.",
                icon=":material/arrow_back:")
