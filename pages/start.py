"""What this is in a minute, one button that runs it, and the state of the machine."""

import streamlit as st

from ui.frame import shell
from ui.start import page as status
from ui.unlearn import form as launch

shell.ensure()

st.title("Can a trained model forget?")
st.markdown(
    "A model gives away what it was trained on: its **loss** is lower on those samples than on "
    "new ones. *Machine unlearning* removes samples from a trained model without retraining it. Watch "
    "it happen: the losses of the samples to **:orange[forget]** move onto those of **:blue[never-seen test]** "
    "samples, and an attackerwho tells the two apart by their loss drops to about a **coin toss, 50%**.")

demo, explain = st.columns([1, 2], vertical_alignment="center", gap="large")
with demo:
    if st.button("Forget 15% of the digits now", type="primary", icon=":material/play_arrow:", key="demo",
                 width="stretch"):
        st.switch_page(shell.UNLEARN, query_params={"run": launch.demo()})
explain.caption(launch.DEMO_TEXT)

status.interrupted_runs()

st.subheader("On this machine")
status.machine_and_data()

status.recorded_results()

st.subheader("Latest runs")
status.latest_runs()
