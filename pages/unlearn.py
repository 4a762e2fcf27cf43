"""Does it forget? Pick data, forget set, method and alpha; launch; watch."""

import streamlit as st

from engine.system.read_only import read_only
from ui.common import address as link
from ui.common import words
from ui.frame import drawer, hide, shell
from ui.unlearn import form as launch
from ui.unlearn import live, prefill

shell.ensure(shell.UNLEARN)

prefill.FORM.restore()
hide.apply("unlearn", hide.UNLEARN)
link.warn(problem for problem in prefill.FORM.problems() if problem.field != prefill.RUN)  # those are beside the form
settings, view = st.columns([2, 7], gap="medium")
with settings.container(key="settings"):
    asked = launch.form()
drawer.button()
with view.container(key="view"):
    if name := prefill.waiting_for():  # an Original was just opened: another run's picture would be taken for its own
        st.info(f"No run with the Original **{words.plain(name)}** is open. Choose what to forget and press "
                "**Unlearn**: the charts appear here and update as the method works.", icon=":material/arrow_back:")
    elif run_id := st.query_params.get(prefill.RUN) or prefill.current_run():
        prefill.FORM.mirror(prefill.now(run_id))
        with st.container():  # there with or without a sentence, so that the view below keeps its place and its picture
            live.say_if_other(run_id, asked)
        live.follow(run_id)
    elif read_only():
        st.info("No run is open. Open one on the page **Runs**, or press the button on **Start**.",
                icon=":material/arrow_back:")
    else:
        st.info("No run yet. Choose what to forget and press **Unlearn**: the charts appear here and "
                "update as the method works.",
                icon=":material/arrow_back:")
