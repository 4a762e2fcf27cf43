"""How sure a model is of a sample's label, on a scale without ends: the logit-scaled confidence phi = ln(p / (1 - p)).

Unlike a loss, which is 0 in float32 for a sample that a model has fitted, phi still tells such samples apart, and over
many models it is close to normally distributed (Carlini et al. 2022). It is KLoM's margin as well.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.errors import BadInput

SMALL = 1e-5  # below it ln(expm1(x)) = ln(x) + x/2 to the last digit that counts
NOT_KEPT = "This run was made before tables of samples kept phi: run it again to get it."
NO_SOFTPLUS = -37.0  # below it ln(softplus(x)) is x in float64


def phi_of(logits: Tensor, targets: Tensor) -> Tensor:
    """Phi of each sample, computed in float64 and returned as float32 (B,); finite for all finite logits.

    Parameters
    ----------
    logits : Tensor
        Shape (B, C).
    targets : Tensor
        Class numbers (B,), int64: phi is the true logit minus the logsumexp of the others. Or multi-hot rows (B, C):
        p is then the probability of exactly these labels, the product of the sigmoids, so that -ln p is the loss that
        read-outs keep, summed over labels.

    Returns
    -------
    Tensor
        NaN only where a logit is not finite. Beyond the range of float32 it is float32's largest number.

    Raises
    ------
    BadInput
        One class only: its probability is 1 whatever the model says.

    Examples
    --------
    >>> phi_of(torch.tensor([[2.0, 0.5], [0.0, 3.0]]), torch.tensor([0, 0])).tolist()
    [1.5, -3.0]
    >>> phi_of(torch.tensor([[1000.0, 0.0]]), torch.tensor([0])).item()  # its loss is 0, and so is that of 200.0
    1000.0
    """
    exact = logits.double()
    phi = _of_labels(exact, targets) if targets.ndim == 2 else _of_class(exact, targets)
    largest = torch.finfo(torch.float32).max
    return phi.clamp(-largest, largest).float()


def _of_class(logits: Tensor, targets: Tensor) -> Tensor:
    if logits.shape[1] < 2:
        raise BadInput("phi compares a class with the others, but the model has 1 class: use data with at least 2.")
    index = targets[:, None]
    others = logits.scatter(1, index, -torch.inf)
    return logits.gather(1, index)[:, 0] - others.logsumexp(dim=1)


def _of_labels(logits: Tensor, targets: Tensor) -> Tensor:
    """-ln(e^L - 1) for the summed loss L, whose logarithm is taken first: L itself underflows."""
    log_loss = _log_softplus(torch.where(targets > 0.5, -logits, logits)).logsumexp(dim=1)
    loss = log_loss.exp()
    large = loss.clamp_min(SMALL)
    return -torch.where(loss < SMALL, log_loss + loss / 2, large + torch.log(-torch.expm1(-large)))


def _log_softplus(x: Tensor) -> Tensor:
    """ln(ln(1 + e^x)), finite for every finite x."""
    softplus = torch.logaddexp(x.clamp_min(NO_SOFTPLUS), torch.zeros_like(x))
    return torch.where(x < NO_SOFTPLUS, x, softplus.log())
