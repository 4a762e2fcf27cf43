"""Which method forgets best? Choose methods and seeds; race them; read the table beside retraining and the paper."""

import streamlit as st

from ui import compare, shell

shell.ensure()

st.title("Which method forgets best?")
compare.show()
