"""What this is in five seconds: two humps that become one, the button that does it here, three recorded examples."""

import streamlit as st

from ui.frame import shell
from ui.start import own_data, own_model, showcase
from ui.start import page as status

shell.ensure(shell.START)

showcase.hero()
status.interrupted_runs()
showcase.cards()
with st.container(horizontal=True, key="own"):
    own_data.button()
    own_model.button()

st.header("Latest runs")
status.latest_runs()

with st.expander("Recorded results: open without data or a GPU", icon=":material/album:"):
    status.recorded_results()
with st.expander("This machine and its data", icon=":material/memory:"):
    status.machine_and_data()
