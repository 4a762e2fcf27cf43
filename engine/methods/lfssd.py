"""LFSSD, loss-free selective synaptic dampening: SSD from the size of the answers, without any label.

Foster et al. 2024 (arXiv:2402.19308; their repository's README, and the port in pedroandreou/supreme-unlearning).
Two changes to SSD: what is differentiated is the mean over the batch of the squared length of the logits, and the
importance of a weight is the mean over batches of the *absolute* batch-mean gradient, not the squared one. Then as
in SSD: where I_f > alpha I_D, ``w <- w * min(lambda I_D / I_f, 1)``; no weight changes its sign.

Labels are not looked at, neither those of D_f nor those of D. I_D could be stored beforehand; here it is read again, so
that the cost is one pass over D_f and one over D, its own in both profiles. D is shuffled; the port reads D_r, then
D_f. A batch-mean gradient depends on what is in the batch, so order and batch size change the result.

Published alphas: 3.5 for random samples, 10 for one class of CIFAR-100, 5 for one of CIFAR-20, 10 for a subclass;
batches of 128 for random samples and 64 for a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.methods._dampening import dampened, dampening, plan, selection
from engine.methods._hyperparameters import batch_size
from engine.terms import Term
from engine.types import Method, Progress


@dataclass(frozen=True)
class Parameters:
    """The published constants for random samples; docs/methods.md gives the source of each default."""

    selection: float = selection(3.5, "Published: 3.5 for random samples, 10 for a class of CIFAR-100.")
    dampening: float = dampening()
    batch_size: int = batch_size(
        128, "Samples per batch in both passes. It changes the result, not only the speed. A forget set of one or two "
             "samples makes a tiny batch, whose large gradient selects too much.")


TERMS = (Term("forget_size", "size of the logits, forget", "watched", on="forget", axis="norm", unit=""),
         Term("train_size", "size of the logits, all data", "watched", axis="norm", unit=""),
         Term("selected", "weights dampened", "watched", axis="share", unit="%"))


def absolute(mean: Any, gradient: Any, share: float) -> None:
    mean.add_(gradient.abs(), alpha=share)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` at its last step; terms: forget_size or train_size, and in the end selected (%)."""

    def size(batch: Any) -> Any:
        return task.logits(batch).square().sum(dim=1).mean()

    yield from dampened(task, parameters, size, absolute, "size")


METHOD = Method(
    name="lfssd",
    title="Loss-free SSD (LFSSD)",
    summary="Shrinks the weights on which the size of the answers depends far more on the forget set than on all data.",
    source="Foster et al. 2024, arXiv:2402.19308",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    no_epochs="changes the weights once and has no epochs to go back to",
    terms=TERMS,
    needs=("forget", "retain"),
    intensity="selection",
    profiles={"corrected": {}, "paper": {}},
)
