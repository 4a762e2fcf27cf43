"""See it in two dimensions: choose points to forget and watch the decision boundary move."""

import streamlit as st

from ui.frame import shell
from ui.playground import page as playground

shell.ensure()

st.title("See it in two dimensions")
playground.show()
