"""Who is exposed? The attacker's seat: one line over the losses, those it catches and those it accuses wrongly."""

import streamlit as st

from ui.frame import shell
from ui.inspect import page as seat

shell.ensure()

st.title("Who is exposed?")
seat.show()
