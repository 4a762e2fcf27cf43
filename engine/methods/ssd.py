"""SSD, selective synaptic dampening: shrink the weights that matter much more to the forget set than to the rest.

Foster et al. 2024 (arXiv:2308.07707, and the released code). No training: in evaluation
mode, the importance of a weight for a set is the mean over batches of the squared batch-mean gradient of the
cross entropy. Where I_f > alpha I_D, ``p <- p * min(lambda I_D / I_f, 1)``; all named parameters, batch norm's
affine ones included. On random subsets I_f is near I_D and almost nothing is selected, as the paper finds.

D is shuffled, so that its batches are like D and not first D_r, then D_f: a batch-mean gradient depends on
what is in the batch. The cost is one pass over D_f and one over D, its own in both profiles.

Batches of 64 are those of the released script for subclasses; its script for random subsets has 128, the notebook
256. Both profiles keep 64: on CIFAR-10 the metrics are equal to two decimals. With one or two forget samples their
batch is tiny, its mean gradient large and I_f inflated: far too much is selected, and the model breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.methods._dampening import dampened, dampening, plan, selection
from engine.methods._hyperparameters import batch_size
from engine.terms import WATCHED_FORGET_LOSS, Term
from engine.types import Method, Progress


@dataclass(frozen=True)
class Parameters:
    """The paper's alpha and lambda for ResNet18, the batch size of the released code for subclasses."""

    selection: float = selection(10.0)
    dampening: float = dampening()
    batch_size: int = batch_size(
        64, "Samples per batch in both passes. It changes the result, not only the speed: the released scripts have "
            "64 (subclasses), 128 (random subsets) and 256 (notebook). A forget set of one or two samples makes a "
            "tiny batch, whose large gradient breaks the model.")


# Nothing is trained: the losses are those whose gradients say how much a weight matters.
TERMS = (WATCHED_FORGET_LOSS, Term("train_loss", "L_train", "watched"),
         Term("selected", "weights dampened", "watched", axis="share", unit="%"))


def squared(mean: Any, gradient: Any, share: float) -> None:
    mean.addcmul_(gradient, gradient, value=share)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` at its last step; terms: forget_loss or train_loss, and in the end selected (%)."""
    yield from dampened(task, parameters, task.loss, squared, "loss")


METHOD = Method(
    name="ssd",
    title="Selective synaptic dampening (SSD)",
    summary="Shrinks, without training, the weights that matter far more to the forget set than to all data.",
    source="Foster et al. 2024, arXiv:2308.07707",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    no_epochs="changes the weights once and has no epochs to go back to",
    needs=("forget", "forget_labels", "retain"),
    intensity="selection",
    terms=TERMS,
    profiles={"corrected": {}, "paper": {}},
)
