"""Machine unlearning, live. Page config, navigation and the page's title; what takes longer follows it."""

import streamlit as st

from ui.frame import login, present, shell
from ui.frame.fragments import ensure_own_page
from ui.frame.lookups import ensure_lookups
from ui.frame.uncaught import ensure_words

st.set_page_config(page_title="Machine unlearning lab", page_icon=shell.ICON, layout="wide")
shell.frame()
ensure_words()
ensure_own_page()
ensure_lookups()
page = st.navigation(shell.pages(), position="hidden" if login.asked() else "sidebar")
login.begin()
present.begin()
shell.head(page)
shell.body(page)
