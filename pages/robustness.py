"""How sensitive is it? A grid of two quantities, filled in live; click a square to see its runs."""

import streamlit as st

from ui.frame import shell
from ui.robustness import page as robustness

shell.ensure()

st.title("How sensitive is it?")
robustness.show()
