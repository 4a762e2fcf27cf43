"""Any two to twenty runs side by side: what differs, their numbers, curves and samples."""

import streamlit as st

from ui.frame import shell
from ui.selected import page as selected

shell.ensure()

st.title("How do these runs differ?")
selected.show()
