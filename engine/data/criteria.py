"""What a model's outputs are held against: one label a sample, or several.

Training, read-outs and attacks ask these records, so that a method need not know which reading it works on.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class OneLabel:
    """Softmax over classes; targets are class numbers (B,), int64."""

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy of the batch, in nats."""
        return F.cross_entropy(logits, targets)

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The sum over the batch of what :meth:`loss` averages."""
        return F.cross_entropy(logits, targets, reduction="sum")

    def columns(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Cross entropy, entropy -sum p ln p (0 at p = 0) and correctness of each row of logits (B, C)."""
        log_p = F.log_softmax(logits.float(), dim=1)
        loss = F.nll_loss(log_p, targets, reduction="none")
        entropy = torch.special.entr(log_p.exp()).sum(dim=1)
        return loss, entropy, logits.argmax(dim=1) == targets

    def probability(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The probability of each row's label (B,)."""
        return torch.exp(-F.cross_entropy(logits, targets, reduction="none"))


class ManyLabels:
    """A sigmoid a class; targets are multi-hot rows (B, C), float32 (docs/methods.md, GoEmotions in the paper)."""

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Binary cross entropy, averaged over labels and samples."""
        return F.binary_cross_entropy_with_logits(logits, targets)

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The sum over the batch of what :meth:`loss` averages: still the mean over labels of each sample."""
        return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / targets.shape[1]

    def columns(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Binary cross entropy summed over labels, entropy of the softmax, and whether the two argmax agree.

        Although a label has a sigmoid of its own, the authors' attack takes the entropy of the softmax over all
        outputs (docs/methods.md, "Rows of the paper that look like another protocol"), as :class:`OneLabel` does.
        """
        logits = logits.float()
        loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=1)
        entropy = torch.special.entr(logits.softmax(dim=1)).sum(dim=1)
        return loss, entropy, logits.argmax(dim=1) == targets.argmax(dim=1)

    def probability(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The probability of exactly each row's labels (B,): the product of the sigmoids."""
        return torch.exp(-F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=1))


ONE_LABEL, MANY_LABELS = OneLabel(), ManyLabels()
