"""Is it really gone? Many models at once: attacks on each sample, against what retrained models attain."""

import streamlit as st

from ui.evidence import page as evidence
from ui.frame import shell

shell.ensure()

st.title("Is it really gone?")
evidence.show()
