"""Requests in sequence: one forget set in equal parts, a method carried out on one part after another.

Each request gets the method's ordinary budget, starts from the model that the request before left, and sees no sample
that is forgotten already; a teacher is that model. Beside it stand models retrained without all requests so far, and
the same forget set unlearned at once: with the budget of all requests together (:mod:`engine.studies.requests_budget`),
and with that of one. Measures: :mod:`engine.studies.requests_numbers`.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.data.splits import Split, split, split_off
from engine.errors import BadSpec, Cancelled, Problem
from engine.evaluation.readout import Readout, read_out
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench, Report, prepare_bench
from engine.registry import get, reference
from engine.runs.method import unlearn_from
from engine.spec import resolve
from engine.studies.requests_budget import lengthened
from engine.studies.requests_numbers import Course, OrderGap, Said, course, order_gap
from engine.system.device import default_device
from engine.system.rng import permutation
from engine.types import Spec

MOST_PARTS, MOST_ORDERS = 20, 10


@dataclass(frozen=True)
class Asked:
    """What is asked: ``spec`` says data, model, Original, seed and how much is forgotten altogether."""

    spec: Spec
    methods: tuple[str, ...]
    parts: int = 5
    orders: int = 3

    def checked(self) -> Asked:
        """The same with every name as it is now. Raises BadSpec with every problem."""
        problems: list[Problem] = []
        if not 2 <= self.parts <= MOST_PARTS:
            problems.append(Problem.about("parts", f"is {self.parts}, but must be from 2 to {MOST_PARTS}."))
        if not 1 <= self.orders <= MOST_ORDERS:
            problems.append(Problem.about("orders", f"is {self.orders}, but must be from 1 to {MOST_ORDERS}."))
        specs: dict[str, Spec] = {}
        for method in self.methods:
            try:
                spec = resolve(replace(self.spec, method=method)).spec
                specs[spec.method] = spec
            except BadSpec as error:
                problems += [one for one in error.problems if one not in problems]
        if problems:
            raise BadSpec(problems)
        return replace(self, spec=next(iter(specs.values())), methods=tuple(specs))


@dataclass(frozen=True)
class OfMethod:
    """One method: its course in the first order, the gap to unlearning at once, and the samples that these cost.

    ``gap`` is to unlearning at once with the budget of all requests together, by ``at_once`` as parameters, and
    ``usual_gap`` with the ordinary budget. They are one where the method cannot be lengthened.
    """

    course: Course
    gap: OrderGap
    samples_in_parts: int
    samples_at_once: int
    at_once: Mapping[str, int]
    usual_gap: OrderGap
    samples_usual: int


@dataclass(frozen=True)
class Requests:
    """The answer: numbers by method, the sizes of the requests and the orders that were tried."""

    asked: Asked
    sizes: tuple[int, ...]
    orders: tuple[tuple[int, ...], ...]
    methods: Mapping[str, OfMethod] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"status": "finished", "dataset": self.asked.spec.dataset, "model": self.asked.spec.model,
                "seed": self.asked.spec.seed, "forget_fraction": self.asked.spec.forget_fraction,
                "sizes": list(self.sizes), "orders": [list(order) for order in self.orders],
                "methods": {name: asdict(found) | {"course": found.course.to_json()}
                            for name, found in self.methods.items()}, "notices": list(self.notices)}


def requests(asked: Asked, checkpoints: Checkpoints, train_original: bool = False,
             report: Report = lambda text, fraction: None, cancel: threading.Event | None = None) -> Requests:
    """Carries out all requests by all methods and measures them. Raises BadInput, or Cancelled where it is stopped."""
    asked = asked.checked()
    bench = prepare_bench(resolve(replace(asked.spec, method=asked.methods[0])), checkpoints, default_device(),
                          train_original, report, cancel)
    work = Work(asked, bench, report, cancel or threading.Event())
    retrained = [work.original, *(work.retrained(upto) for upto in range(1, asked.parts + 1))]
    found = {method: work.of_method(method, retrained) for method in asked.methods}
    return Requests(asked, tuple(map(len, work.requests)), work.orders, found,
                    (bench.notice,) if bench.notice else ())


def orders_of(parts: int, count: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """The order of the requests as they are, backwards, then drawn ones; no two alike, so at most as many as differ."""
    drawn = (tuple(permutation(parts, seed, f"order of requests/{number}").tolist()) for number in itertools.count())
    found = dict.fromkeys([tuple(range(parts)), tuple(reversed(range(parts)))][:count])
    while len(found) < min(count, math.factorial(parts)):
        found[next(drawn)] = None
    return tuple(found)


class Work:
    """The trainings of a study on one bench."""

    def __init__(self, asked: Asked, bench: Bench, report: Report, cancel: threading.Event):
        self.asked, self.bench, self._report, self._cancel = asked, bench, report, cancel
        seeded = replace(asked.spec, seed=asked.spec.seeds.forget)
        chosen = get("scenario", asked.spec.scenario).select(bench.data, seeded)
        if len(chosen) < asked.parts:
            raise BadSpec([Problem.about("parts", f"is {asked.parts}, but only {len(chosen)} samples are forgotten "
                                         "altogether: ask for fewer parts or for a larger share.")])
        self.requests: Sequence[Tensor] = chosen.tensor_split(asked.parts)
        self.whole: Split = split(bench.data, asked.spec)
        self.orders = orders_of(asked.parts, asked.orders, asked.spec.seed)
        self.original = self._said(bench.readouts["train"], bench.readouts["heldout"][self.whole.test])
        self.longer = {method: self._longer(method) for method in asked.methods}
        self._done, self._all = 0, asked.parts + sum(
            1 + bool(self.longer[method]) + len(self.orders) * asked.parts for method in asked.methods)

    def retrained(self, upto: int) -> Said:
        """A model that never saw the first requests."""
        return self._read(self._carried_out(reference().name, self.bench.network, torch.cat(
            list(self.requests[:upto])), None)[0])

    def of_method(self, method: str, retrained: Sequence[Said]) -> OfMethod:
        """All orders, and everything at once."""
        courses, samples = zip(*(self._sequence(method, order) for order in self.orders), strict=True)
        ends, longer = [said[-1] for said in courses], self.longer[method]
        usual = self._gap(method, ends, {})
        gap, at_once = self._gap(method, ends, longer) if longer else usual
        found = course(courses[0], retrained, [one.numpy() for one in self.requests], self.whole.retain.cpu().numpy())
        return OfMethod(found, gap, samples[0], at_once, longer, *usual)

    def _gap(self, method: str, ends: Sequence[Said], parameters: Mapping[str, int]) -> tuple[OrderGap, int]:
        """What the sequences end with beside everything at once, and the samples that this took."""
        union = torch.cat(list(self.requests))
        once, spent = self._carried_out(method, self.bench.network, union, None, parameters)
        forgotten, kept = (index.cpu().numpy() for index in (self.whole.forget, self.whole.retain))
        return order_gap(ends, self._read(once), forgotten, kept), spent

    def _longer(self, method: str) -> Mapping[str, int]:
        """What makes a method at once as long as all its requests together."""
        spec, sizes = replace(self.asked.spec, method=method, parameters={}), []
        gone = torch.empty(0, dtype=torch.int64)
        for forget in self.requests:
            sizes.append(split_off(self.bench.data, forget, spec, gone=gone).sizes)
            gone = torch.cat([gone, forget])
        return lengthened(resolve(spec, split_off(self.bench.data, gone, spec).sizes), sizes)

    def _sequence(self, method: str, order: tuple[int, ...]) -> tuple[list[Said], int]:
        """What the models say after each request, the Original first, and the samples that all took."""
        network, said, samples, gone = self.bench.network, [self.original], 0, torch.empty(0, dtype=torch.int64)
        for number in order:
            network, spent = self._carried_out(method, network, self.requests[number], gone)
            said.append(self._read(network))
            samples, gone = samples + spent, torch.cat([gone, self.requests[number]])
        return said, samples

    def _carried_out(self, method: str, network: nn.Module, forget: Tensor, gone: Tensor | None,
                     parameters: Mapping[str, int] | None = None) -> tuple[nn.Module, int]:
        """A method on a copy of a network, and the samples that it took."""
        data = self.bench.data
        parts = split_off(data, forget, self.asked.spec, gone=gone)
        resolved = resolve(replace(self.asked.spec, method=method, parameters=dict(parameters or {})), parts.sizes)
        title = f"{resolved.method.title}, {self._done + 1} of {self._all}"

        def on_step(model: nn.Module, progress: Any, seconds: float) -> None:
            if self._cancel.is_set():
                raise Cancelled("Stopped.")
            self._report(title, (self._done + progress.step / progress.total_steps) / self._all)

        done = unlearn_from(network, data, resolved, parts, on_step)
        self._done += 1
        return done.model, done.samples

    def _read(self, network: nn.Module) -> Said:
        data: Data = self.bench.data
        return self._said(read_out(network, data, data.train), read_out(network, data, data.heldout, self.whole.test))

    def _said(self, train: Readout, test: Readout) -> Said:
        assert train.phi is not None  # read-outs are made with it
        return Said(100 * train.correct.double().numpy(), train.phi.double().numpy().astype(np.float64), test.accuracy)
