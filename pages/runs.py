"""Every run: find, open, run again, delete."""

import streamlit as st

from ui import run_table, shell

shell.ensure()

st.title("What has been run?")
run_table.show()
