"""Writes retrained_losses.npz beside itself: what two retrained digits nets say of samples that they never saw.

``python tests/engine/retrained_losses.py`` (5 s). Arrays ``loss0``, ``entropy0``, ``loss1``, ``entropy1`` of the
150 forgotten and 797 held-out samples of seeds 0 and 1, float32: exchangeable, so any two parts are a null case.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

if __name__ == "__main__":
    import engine
    from engine.evaluation.readout import read_out

    lab, found = engine.load("digits"), {}
    for seed in (0, 1):
        parts = lab.split(seed=seed)
        model = lab.unlearn(parts, "retrain").model
        sets = (read_out(model, lab.data, lab.data.train, parts.sets.forget),
                read_out(model, lab.data, lab.data.heldout))
        for column in ("loss", "entropy"):
            found[f"{column}{seed}"] = np.concatenate([getattr(side, column).numpy() for side in sets])
    np.savez_compressed(Path(__file__).with_suffix(".npz"), **found)
