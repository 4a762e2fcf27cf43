"""The lab's colours, the same in every chart and legible on a light and on a dark page."""

from __future__ import annotations

FORGET = "#ff7f0e"
TEST = "#1f77b4"
RETAIN = "#2ca02c"
BY_SET = {"retain": RETAIN, "forget": FORGET, "test": TEST}

ATTACK_LOSS = "#9467bd"
ATTACK_ENTROPY = "#1b9e8f"
BY_ATTACK = {"mia_loss": ATTACK_LOSS, "mia_entropy": ATTACK_ENTROPY}
ALPHA = "#a0785a"

REFERENCE = "#808080"  # the retrained model, always dashed; 4:1 against white and against Streamlit's dark page
COIN_TOSS = "#808080"
NULL_BAND = "rgba(128,128,128,0.2)"
CLEAR = "rgba(0,0,0,0)"
