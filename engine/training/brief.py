"""An optimiser's step on a CPU without what torch does around its fused kernels: the same kernels, the same bits.

For a small network ``step()`` and ``zero_grad()`` look at hooks, groups, devices and a compiler that is not there for
five times as long as AdamW computes. What is not the plain case is left to torch.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

Made = TypeVar("Made", bound=torch.optim.Optimizer)
COMPILER = "torch._dynamo"
_making = threading.Lock()
ADAMS = {torch.optim.Adam: torch._fused_adam_, torch.optim.AdamW: torch._fused_adamw_}


def forget_gradients(optimiser: torch.optim.Optimizer) -> None:
    """``zero_grad(set_to_none=True)``."""
    for group in optimiser.param_groups:
        for weight in group["params"]:
            weight.grad = None


def step(optimiser: torch.optim.Optimizer) -> None:
    """``optimiser.step()``."""
    if not all(_adam_on_cpu(optimiser, group) for group in optimiser.param_groups):
        _step_of_torch(optimiser)
        return
    with torch.no_grad():
        for group in optimiser.param_groups:
            _adam(optimiser, group)


def made(kind: Callable[..., Made], *of: Any, **settings: Any) -> Made:
    """An optimiser, without the import of torch's compiler: two seconds of a core for a question whose answer is no."""
    group = getattr(torch.optim.Optimizer.add_param_group, "__wrapped__", None)
    if group is None or COMPILER in sys.modules:
        return kind(*of, **settings)
    with _making:
        group.__dynamo_disable = group  # what torch calls instead while something is compiled
        try:
            return kind(*of, **settings)
        finally:
            del group.__dynamo_disable


def _step_of_torch(optimiser: torch.optim.Optimizer) -> None:
    """``optimiser.step()``, which imports the compiler to ask whether it is at work; without that if nobody listens.

    Torch's step is a function in two others: one for hooks and profilers, one that sets the gradients' mode and asks.
    """
    of_class: Any = type(optimiser).step
    plain = getattr(getattr(of_class, "__wrapped__", None), "__wrapped__", None)
    if (plain is None or COMPILER in sys.modules or "step" in vars(optimiser) or optimiser.defaults["differentiable"]
            or optimiser._optimizer_step_pre_hooks or optimiser._optimizer_step_post_hooks
            or _global_optimizer_pre_hooks or _global_optimizer_post_hooks):
        optimiser.step()
    else:
        with torch.no_grad():
            plain(optimiser)


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
