"""An optimiser's brief step leaves the bits that torch's own step leaves; what is not the plain case is torch's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from engine.training import brief
from engine.training.loop import make_optimiser

ROOT = Path(__file__).resolve().parents[3]
FIRST = """
import sys, torch
from engine.training import brief
from engine.training.loop import make_optimiser
for name in ("sgd", "adamw"):
    net = torch.nn.Linear(2, 2)
    optimiser = make_optimiser(name, net, 0.1, 0.0)
    net(torch.ones(1, 2)).sum().backward()
    brief.step(optimiser)
print("torch._dynamo" in sys.modules, bool(optimiser.state))
"""


def trained(name: str, how: bool, steps: int = 4) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A network after some steps, briefly or as torch has it; the third step has no gradient for the bias."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 3)).to(memory_format=torch.channels_last)
    optimiser = make_optimiser(name, net, 1e-2, 0.1, 0.9)
    for number in range(steps):
        brief.forget_gradients(optimiser) if how else optimiser.zero_grad(set_to_none=True)
        net(torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(number))).square().sum().backward()
        if number == 2:
            net[2].bias.grad = None
        optimiser.param_groups[0]["lr"] = 1e-2 / (number + 1)
        brief.step(optimiser) if how else optimiser.step()
    return net, optimiser


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("compiler", ["absent", "sys"])
def test_the_weights_and_the_state_are_torchs(name, compiler, monkeypatch):
    """Whether the compiler has been imported or not."""
    monkeypatch.setattr(brief, "COMPILER", compiler)
    (ours, our_state), (plain, plain_state) = trained(name, True), trained(name, False)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), plain.parameters(), strict=True))
    kept = [[value for state in optimiser.state_dict()["state"].values() for value in state.values()]
            for optimiser in (our_state, plain_state)]
    assert len(kept[0]) == len(kept[1]) and all(torch.equal(a, b) for a, b in zip(*kept, strict=True) if a is not None)


def test_a_plain_step_does_without_torchs_and_its_first_does_not(monkeypatch):
    asked = []
    step = torch.optim.AdamW.step
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: asked.append(1) or step(self))
    trained("adamw", True)
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_who_listens_to_steps_hears_each(name, monkeypatch):
    monkeypatch.setattr(brief, "COMPILER", "absent")
    heard = []
    net, optimiser = trained(name, True)
    optimiser.register_step_post_hook(lambda *of: heard.append(1))
    net(torch.ones(2, 1, 4, 4)).sum().backward()
    brief.step(optimiser)
    assert heard == [1]


def test_who_listens_to_all_optimisers_hears_each_step(monkeypatch):
    monkeypatch.setattr(brief, "COMPILER", "absent")
    heard = []
    listening = register_optimizer_step_pre_hook(lambda *of: heard.append(1))
    try:
        trained("sgd", True)
    finally:
        listening.remove()
    assert heard == [1] * 4


def test_training_does_not_import_the_compiler():
    """Two seconds of a core of each process, and a person's first click waits for it."""
    said = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout == "False True\n"
