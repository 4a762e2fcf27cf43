"""An optimiser's step on a CPU without what torch does around its fused kernels: the same kernels, the same bits.

For a small network ``step()`` and ``zero_grad()`` look at hooks, groups, devices and a compiler that is not there for
five times as long as AdamW computes. What is not the plain case is left to torch.
"""

from __future__ import annotations

from typing import Any

import torch

ADAMS = {torch.optim.Adam: torch._fused_adam_, torch.optim.AdamW: torch._fused_adamw_}


def forget_gradients(optimiser: torch.optim.Optimizer) -> None:
    """``zero_grad(set_to_none=True)``."""
    for group in optimiser.param_groups:
        for weight in group["params"]:
            weight.grad = None


def step(optimiser: torch.optim.Optimizer) -> None:
    """``optimiser.step()``."""
    if not all(_adam_on_cpu(optimiser, group) for group in optimiser.param_groups):
        optimiser.step()
        return
    with torch.no_grad():
        for group in optimiser.param_groups:
            _adam(optimiser, group)


def _adam_on_cpu(optimiser: torch.optim.Optimizer, group: dict[str, Any]) -> bool:
    """Whether a group is one of a fused Adam on a CPU, whose first step is taken and that nobody listens to."""
    return (type(optimiser) in ADAMS and group["fused"] is True and isinstance(group["lr"], float)
            and not (group["amsgrad"] or group["maximize"] or group["capturable"])
            and not (optimiser._optimizer_step_pre_hooks or optimiser._optimizer_step_post_hooks)
            and all(weight.device.type == "cpu" and weight.dtype == torch.float32 and len(optimiser.state[weight]) > 0
                    for weight in group["params"] if weight.grad is not None))


def _adam(optimiser: torch.optim.Optimizer, group: dict[str, Any]) -> None:
    weights = [weight for weight in group["params"] if weight.grad is not None]
    if not weights:
        return
    states = [optimiser.state[weight] for weight in weights]
    steps = [state["step"] for state in states]
    torch._foreach_add_(steps, 1)
    beta1, beta2 = group["betas"]
    ADAMS[type(optimiser)](
        weights, [weight.grad for weight in weights], [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states], [], steps, amsgrad=False, lr=group["lr"], beta1=beta1, beta2=beta2,
        weight_decay=group["weight_decay"], eps=group["eps"], maximize=False, grad_scale=None, found_inf=None)
