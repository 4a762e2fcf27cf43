"""A card that is none: tensors on it live in the CPU's memory, but say otherwise, and only work among themselves.

Where tensors of the card and of the host meet in one operation, that fails as it does on a real one. What would wait
for a card's queue is noted in ``waits``: reading a number, shapes that depend on numbers, copies that block.
Torch must not have another backend of its own in this process (``privateuse1``).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

aten = torch.ops.aten
NAME = "card"
MEET = {aten.copy_.default, aten._to_copy.default}  # what may take tensors from both sides
WAITS = {aten._local_scalar_dense.default, aten.is_nonzero.default, aten.nonzero.default, aten.masked_select.default,
         aten.equal.default, aten._unique2.default, aten.bincount.default}
waits: list[str] = []
doubles: list[str] = []  # what made float64 there, which Apple's cards do not have


class OnCard(torch.Tensor):
    """A tensor that says it is on the card."""

    inner: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> OnCard:
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype,
            layout=inner.layout, device=torch.device(NAME, 0))
        made.inner = inner
        return made

    def __repr__(self) -> str:  # type: ignore[override]
        return f"OnCard({self.inner!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _carried_out(func, args, kwargs or {})


class _Makes(TorchDispatchMode):
    """Operations that make tensors on the card out of nothing."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("device") is not None and torch.device(kwargs["device"]).type == NAME:
            return _carried_out(func, args, kwargs)
        return func(*args, **kwargs)


@functools.cache
def _register() -> None:
    _setup_privateuseone_for_python_backend(NAME)


@contextlib.contextmanager
def pretend_card() -> Iterator[torch.device]:
    """The device, for as long as the context is open."""
    _register()
    waits.clear(), doubles.clear()
    made = torch.tensor

    def tensor(values: Any, *, device: Any = None, **more: Any) -> torch.Tensor:
        return made(values, **more) if device is None else made(values, **more).to(device)

    torch.tensor = tensor  # it looks below the modes for a backend's own memory
    try:
        with _Makes():
            yield torch.device(NAME, 0)
    finally:
        torch.tensor = made


def _carried_out(func: Any, args: Any, kwargs: Any) -> Any:
    everything = tree_leaves((args, kwargs))
    cards = [one for one in everything if isinstance(one, OnCard)]
    hosts = [one for one in everything if isinstance(one, torch.Tensor) and not isinstance(one, OnCard)]
    there = torch.device(kwargs["device"]).type == NAME if kwargs.get("device") is not None else _is_there(args, cards)
    _refuse_mixture(func, args, cards, hosts)
    _note_waits(func, args, kwargs, bool(cards), bool(hosts), there)
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    result = func(*tree_map(_inner, args), **tree_map(_inner, kwargs))
    if there and any(isinstance(one, torch.Tensor) and one.dtype == torch.float64 for one in tree_leaves(result)):
        doubles.append(str(func))
    known = {id(card.inner): card for card in cards}
    return tree_map(lambda one: _wrapped(one, known) if there else one, result)


def _is_there(args: Any, cards: list[OnCard]) -> bool:
    """Where the result of an operation without a device is; that of a copy is where it is written."""
    return isinstance(args[0], OnCard) if args and isinstance(args[0], torch.Tensor) else bool(cards)


def _refuse_mixture(func: Any, args: Any, cards: list[OnCard], hosts: list[torch.Tensor]) -> None:
    if cards and func not in MEET and any(host.dim() for host in hosts):
        raise RuntimeError(f"{func} has tensors of the card and of the host: {[tuple(h.shape) for h in hosts]}")


def _note_waits(func: Any, args: Any, kwargs: Any, cards: bool, hosts: bool, there: bool) -> None:
    if cards and func in WAITS:
        waits.append(str(func))
    if func in (aten.index.Tensor, aten.index_put_.default) and cards and any(
            one is not None and one.dtype in (torch.bool, torch.uint8) for one in args[1]):
        waits.append(f"{func} with a mask")
    moved = (func is aten._to_copy.default and there is not cards) or (func is aten.copy_.default and cards and hosts)
    waited_for = not there or not (kwargs.get("non_blocking") or (len(args) > 2 and args[2] is True))
    if moved and waited_for:
        waits.append(f"copy {'to' if there else 'from'} the card")


def _inner(one: Any) -> Any:
    return one.inner if isinstance(one, OnCard) else one


def _wrapped(one: Any, known: dict[int, OnCard]) -> Any:
    if not isinstance(one, torch.Tensor) or isinstance(one, OnCard):
        return one
    return known[id(one)] if id(one) in known else OnCard(one)
