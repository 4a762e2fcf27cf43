"""SCRUB+R: SCRUB, and then back to the epoch whose error on the forget set is nearest to that of unseen samples.

Kurmanji et al. 2023 (arXiv:2302.09880, and the released code's notebook of membership attacks): against an attacker it
is as telling to forget too much as too little. :mod:`engine.training.rewind` is the rule, which any method takes as
the option ``rewind``, and :mod:`engine.methods.scrub` what is rewound; up to the epoch that is kept, the two have the
same weights bit for bit. Profile ``paper`` has the notebook's constants: 5 epochs of which 3 maximise, batches of 16
(forget) and 32 (retain), no anchor. Profile ``corrected`` has SCRUB's own, so that only the rewinding differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.methods._scrub import TERMS, Parameters, plan
from engine.methods._scrub import unlearn as scrub_steps
from engine.terms import REWINDING
from engine.training.rewind import rewound
from engine.types import Method, Progress


def unlearn(task: Any, parameters: Any) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: those of SCRUB, after an epoch its error and in the end what is kept."""
    yield from rewound(task, scrub_steps(task, parameters))


METHOD = Method(
    name="scrub_r",
    title="SCRUB+R",
    summary="SCRUB, then back to the epoch whose error on the forget set is nearest to that of unseen samples.",
    source="Kurmanji et al. 2023, arXiv:2302.09880",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=tuple(term for term in TERMS if term.name != "drift") + REWINDING,
    one_label="compares two models' answers as one distribution over all classes",
    needs=("forget", "forget_labels", "retain", "validation"),
    intensity="maximise_epochs",
    no_epochs="rewinds by itself",
    profiles={"corrected": {"epochs": None, "anchor": 0.0},
              "paper": {"epochs": 5, "anchor": 0.0, "forget_batch_size": 16, "retain_batch_size": 32}},
)
