"""Machine unlearning, live. Page config, navigation and the tray of running jobs, nothing else."""

import streamlit as st

from ui.common.assets import ensure_assets
from ui.frame import login, present, shell, tray
from ui.frame.shutdown import ensure_leaving
from ui.frame.uncaught import ensure_words
from ui.frame.warm import ensure_warm
from ui.learn import keys

st.set_page_config(page_title="Machine unlearning lab", page_icon=shell.ICON, layout="wide")
shell.begin()
shell.frame()
ensure_assets()
ensure_leaving()
ensure_words()
ensure_warm()
page = st.navigation(shell.pages(), position="hidden" if login.asked() else "sidebar")
login.begin()
present.begin()
keys.act(page)
present.switch()
shell.in_words(tray.show)
login.foot()
shell.in_words(page.run)
present.foot(page)
