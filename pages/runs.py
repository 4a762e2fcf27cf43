"""Every run: find, open, run again, delete."""

import streamlit as st

from ui.common import address as link
from ui.frame import shell
from ui.runs import table as run_table

shell.ensure()

st.title("What has been run?")
link.warn(link.unused((), "Runs", "Every run is shown."))
run_table.show()
