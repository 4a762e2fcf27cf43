"""Which method forgets best? Choose methods and seeds; race them; read the table beside retraining and the paper."""

import streamlit as st

from ui.compare import page as compare
from ui.frame import shell

shell.ensure()

st.title("Which method forgets best?")
compare.show()
