"""How sensitive is it? A grid of two quantities, filled in live; click a square to see its runs."""

import streamlit as st

from ui.robustness import page as robustness
from ui.frame import shell

shell.ensure()

st.title("How sensitive is it?")
robustness.show()
