"""Every run: find, open, run again, delete."""

import streamlit as st

from ui import link, run_table, shell

shell.ensure()

st.title("What has been run?")
link.warn(link.unused((), "Runs", "Every run is shown."))
run_table.show()
