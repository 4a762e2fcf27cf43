"""SCRUB: a student that leaves its teacher, the Original, on the forget set and stays with it on the rest.

Kurmanji et al. 2023 (arXiv:2302.09880, and the released code). Each epoch first passes
over D_f *maximising* ``d = T^2 KL(teacher || student)`` (the first ``maximise_epochs`` epochs only), then over
D_r minimising ``gamma CE + alpha d``. One optimiser; teacher in evaluation mode, student in training mode.

Profile ``paper`` adds on every step ``anchor`` times the sum over layers of ||w - w_original||, as an old
commit of that code does, and takes 6 epochs; ``corrected`` drops it and takes the epochs e for which
e D_r + 3 D_f is nearest to 6 D_r (the rule counts the published 3 maximising epochs, whatever is set).

Other published settings: (a) optimiser adam, learning rate 5e-4, weight decay 0.1, gamma 1, alpha 0.5, T 2,
10 epochs of which 3 maximise, batches of 32 (retain) and 64 (forget); (b) sgd, 5e-4, gamma 0.99, alpha 0.001,
T 4, 3 epochs of which 2 maximise, batches of 256 and 512.
"""

from __future__ import annotations

from engine.methods._scrub import BUDGET, TERMS, Parameters, drift, nearest_epochs, plan, rate, unlearn
from engine.types import Method

__all__ = ["METHOD", "drift", "nearest_epochs", "rate"]

METHOD = Method(
    name="scrub",
    title="SCRUB",
    summary="Alternates between driving the model away from the Original on the forget set and back to it on the rest.",
    source="Kurmanji et al. 2023, arXiv:2302.09880",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="maximise_epochs",
    terms=TERMS,
    one_label="compares two models' answers as one distribution over all classes",
    profiles={"corrected": {"epochs": None, "anchor": 0.0}, "paper": {"epochs": BUDGET, "anchor": 0.5}},
)
