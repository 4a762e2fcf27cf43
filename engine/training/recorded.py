"""A training step that a card repeats by itself: recorded once per shape of batch, then replayed.

A small network's step is hundreds of little kernels, which a card computes faster than a processor asks for them. A
recording (a CUDA graph) is asked for in one go. It repeats the very same work on the very same memory: what changes
from step to step is copied there (batches), and what changes from epoch to epoch lies there (:class:`Numbers`, the
learning rate). Python runs in a step only while it is recorded. tests/engine/training/tape.py replays a recording's
operations on a CPU, so that the same code is tested without a card.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.system.device import on_card
from engine.training import brief

log = logging.getLogger(__name__)
SIGHTS = 3  # steps of a shape that are taken one by one first: libraries choose and allocate in them
_one_recording = threading.Lock()  # a process can make one at a time
MOST = 8  # shapes that are recorded in one training

Objective = Callable[[Any, int], tuple[Tensor, int, dict[str, Any]]]


class Numbers:
    """Numbers that an objective reads and that change between epochs.

    On a card they are tensors of one element, whose memory a recorded step reads again; elsewhere plain floats.
    """

    def __init__(self, device: torch.device, **values: float):
        self._held: dict[str, Any] = {name: torch.tensor(value, device=device) if on_card(device) else value
                                      for name, value in values.items()}

    def __getitem__(self, name: str) -> Any:
        return self._held[name]

    def set(self, **values: float) -> None:
        for name, value in values.items():
            if isinstance(self._held[name], Tensor):
                self._held[name].fill_(value)
            else:
                self._held[name] = value


class Step:
    """An optimiser's step on a batch; returns the loss, the number of samples and the terms."""

    def __init__(self, optimiser: torch.optim.Optimizer, objective: Objective):
        self.optimiser, self.objective = optimiser, objective

    def rate(self, rate: float) -> None:
        """Sets the learning rate."""
        for group in self.optimiser.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def __call__(self, batch: Any, epoch: int) -> tuple[Tensor, int, dict[str, Any]]:
        brief.forget_gradients(self.optimiser)
        loss, count, terms = self.objective(batch, epoch)
        loss.backward()
        brief.step(self.optimiser)
        return loss, count, terms


class Recorder(Protocol):
    """What can record work on a device and have it done again."""

    def lane(self) -> contextlib.AbstractContextManager[Any]:
        """Where every step is taken, recorded or not."""

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """Notes what ``work`` asks the device for, without doing it; returns what does it, and its result's memory."""


class CudaRecorder:
    """CUDA graphs. Steps have a stream of their own, for the default one cannot be recorded."""

    def __init__(self, device: torch.device):
        self.device, self.stream = device, torch.cuda.Stream(device)
        self.pool: Any = None  # the memory of recordings: they take turns, and what one leaves is copied out at once

    @contextlib.contextmanager
    def lane(self) -> Iterator[None]:
        """The stream, which waits for what was asked for before, and which what comes after waits for."""
        outside = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            yield
        outside.wait_stream(self.stream)

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        graph = torch.cuda.CUDAGraph()
        self.stream.synchronize()
        with _one_recording, _no_collection():  # what it frees, the driver cannot free while it records
            graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
            try:
                result = work()
            finally:
                graph.capture_end()
        self.pool = graph.pool()
        return graph.replay, result


def recorder_for(device: torch.device) -> Recorder | None:
    """What records on this device, None where nothing can."""
    return CudaRecorder(device) if device.type == "cuda" else None


class Recorded(Step):
    """The same step on a device that a recorder knows. Batches are tensors and strings, also in tuples.

    The objective must do the same for all batches of one shape, whatever the epoch, and read changing numbers from
    :class:`Numbers` alone. Where a recording fails, that is logged and steps are taken one by one.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, objective: Objective, device: torch.device,
                 recorder: Recorder):
        super().__init__(optimiser, objective)
        self.recorder, self.failed = recorder, False
        self.seen: Counter[Any] = Counter()
        self.programs: dict[Any, Program] = {}
        for group in optimiser.param_groups:
            group["lr"] = torch.tensor(float(group["lr"]), device=device)
            if "capturable" in group:
                group["capturable"] = True

    def __call__(self, batch: Any, epoch: int) -> tuple[Tensor, int, dict[str, Any]]:
        shape = shape_of(batch)
        with self.recorder.lane():
            self.seen[shape] += 1
            program = self.programs.get(shape) or self._recording(shape, batch, epoch)
            if program:
                return program(batch)
            loss, count, terms = super().__call__(batch, epoch)
            return named(packed(loss, terms), tuple(terms), count)

    def _recording(self, shape: Any, batch: Any, epoch: int) -> Program | None:
        if self.failed or self.seen[shape] <= SIGHTS or len(self.programs) >= MOST:
            return None
        try:
            self.programs[shape] = Program(super().__call__, self.recorder, batch, epoch)
        except RuntimeError as error:
            self.failed = True
            log.warning("This training's step cannot be recorded (%s): its steps are taken one by one.",
                        str(error).splitlines()[0])
        return self.programs.get(shape)


class Program:
    """A recorded step: the memory of its batch, its replay, and the memory of its loss and terms."""

    def __init__(self, step: Objective, recorder: Recorder, batch: Any, epoch: int):
        own = {id(leaf): leaf.clone() for leaf in leaves(batch)}
        self.memory, self.count = list(own.values()), 0
        self.names: tuple[str, ...] = ()

        def work() -> Tensor:
            loss, self.count, terms = step(_swapped(batch, own), epoch)
            self.names = tuple(terms)
            return packed(loss, terms)

        self.replay, self.result = recorder.record(work)

    def __call__(self, batch: Any) -> tuple[Tensor, int, dict[str, Any]]:
        for memory, leaf in zip(self.memory, leaves(batch), strict=True):
            memory.copy_(leaf)
        self.replay()
        return named(self.result.clone(), self.names, self.count)


def step_for(optimiser: torch.optim.Optimizer, objective: Objective, device: torch.device, alike: bool) -> Step:
    """The step of a training; ``alike``: whether its objective is one that :class:`Recorded` can have."""
    recorder = recorder_for(device) if alike else None
    return Recorded(optimiser, objective, device, recorder) if recorder else Step(optimiser, objective)


def shape_of(batch: Any) -> Any:
    """What batches have in common that one recording serves."""
    if isinstance(batch, tuple):
        return tuple(map(shape_of, batch))
    return (batch.shape, batch.dtype) if isinstance(batch, Tensor) else batch


def leaves(batch: Any) -> list[Tensor]:
    """The tensors of a batch, in order; each once."""
    if isinstance(batch, tuple):
        return list({id(leaf): leaf for part in batch for leaf in leaves(part)}.values())
    return [batch] if isinstance(batch, Tensor) else []


def packed(loss: Tensor, terms: dict[str, Any]) -> Tensor:
    """Loss and terms in one tensor of their own, (1 + terms,) float32."""
    return torch.stack([_number(value).detach().float() for value in (loss, *terms.values())])


def named(values: Tensor, names: tuple[str, ...], count: int) -> tuple[Tensor, int, dict[str, Any]]:
    """Loss, samples and terms out of what :func:`packed` made."""
    loss, *terms = values.unbind()
    return loss, count, dict(zip(names, terms, strict=True))


def _number(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    raise TypeError(f"A term of a recorded step is the number {value!r}, which would stay as it is for ever: read it "
                    "from Numbers.")


def _swapped(batch: Any, own: dict[int, Tensor]) -> Any:
    if isinstance(batch, tuple):
        return tuple(_swapped(part, own) for part in batch)
    return own[id(batch)] if isinstance(batch, Tensor) else batch


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without Python's garbage collection."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()

