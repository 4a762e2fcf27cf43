"""Every run: find, group, tag, compare, hand on, delete."""

import streamlit as st

from ui.frame import shell
from ui.runs import table as run_table

shell.ensure()

st.title("What has been run?")
run_table.show()
