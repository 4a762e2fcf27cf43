"""Six lessons: predict, run, compare, explain."""

import streamlit as st

from ui.frame import shell
from ui.learn import page as lessons

shell.ensure()

st.title("What can a model forget?")
lessons.show()
