"""What a person sees while a method runs: small readings, binned losses, a budget on what they may cost.

Looking is given less than a tenth of the training time and half a second a run on top: frames (histograms and
accuracies) and attacks each have a share of it and are taken only when the time already spent training pays for one
more of the usual cost. What is booked is reading and attacking, in this thread's computing time; writing the event to
the store is not timed at all, neither as looking nor as training. Nothing here changes the result of a run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.data.persets import PerSet
from engine.data.splits import Split
from engine.evaluation.events import ProbeEvent, Reading, StartEvent, Values
from engine.evaluation.histograms import EDGES, histogram, overlap
from engine.evaluation.measure import Readings, band_of, expected_null_bands, null_bands, run_attacks
from engine.evaluation.readout import Readout, read_out
from engine.registry import live_attacks
from engine.system.device import on_card
from engine.system.rng import permutation
from engine.types import Progress
from engine.validity import COLUMNS

MOST_SAMPLES = {"forget": 500, "test": 500, "unseen": 500, "retain": 200}  # in live charts; retain hardly moves
FRAMES = 48  # at most, spread evenly over a run's steps
FRAME_SHARE, ATTACK_SHARE = 0.06, 0.035  # of the training time; together under a tenth
FRAME_GIFT, ATTACK_GIFT = 0.4, 0.15  # seconds a run on top, so that a run of a second has something to show
CARD_SHARES, MANY = (0.03, 0.015), 10_000  # on a card with so many samples, whose run takes seconds: under a twentieth
HELD_UP = 3  # a look that took so many times the usual waited for somebody else: that is not what a look costs
TRACE_POINTS = 40  # a reading keeps at most so many steps of the objective since the last one


@dataclass
class Budget:
    """Says when ``share`` of the seconds trained so far pays for one more look of the usual cost.

    ``gift`` are seconds on top for the whole run, of which as much may be spent as the run is done.
    """

    share: float
    gift: float = 0.0
    spent: float = 0.0
    usual: float = 0.0

    def allows(self, seconds: float, done: float = 0.0) -> bool:
        """Whether one more look is paid for after ``seconds`` of training, with the fraction ``done`` of the run."""
        return self.spent + self.usual <= self.share * seconds + self.gift * done

    def book(self, cost: float) -> None:
        """Adds what a look cost; one that was held up by other work on the machine counts as ``HELD_UP`` usual ones."""
        cost = min(cost, HELD_UP * self.usual) if self.usual else cost
        self.spent += cost
        self.usual = cost if not self.usual else 0.5 * (self.usual + cost)


def reading(sets: Readings, attacks: bool = True) -> Reading:
    """One look at a model: histograms of the forget and test losses, overlap, accuracies, attacks.

    In class removal the histogram named ``test`` is that of the attack's non-members, held-out samples of the class.
    """
    forget, test = histogram(sets.forget.loss), histogram(sets.nonmembers.loss)
    none = dict.fromkeys(attack.name for attack in live_attacks())
    sides = {"retain": sets.retain, "forget": sets.forget, "test": sets.test}
    return Reading(
        histogram={"forget": forget, "test": test},
        overlap=round(overlap(forget, test), 2),
        accuracy={name: round(side.accuracy, 3) for name, side in sides.items()},
        attacks=run_attacks(sets.forget, sets.nonmembers) if attacks else none)


def budgets(data: Data) -> tuple[Budget, Budget]:
    """What frames and attacks may cost."""
    if on_card(data.device) and len(data.train) >= MANY:
        frames, attacks = CARD_SHARES
        return Budget(frames), Budget(attacks)
    return Budget(FRAME_SHARE, FRAME_GIFT), Budget(ATTACK_SHARE, ATTACK_GIFT)


class Watcher:
    """Takes readings of a model in training on fixed samples of each set, within the budget."""

    def __init__(self, data: Data, split: Split, seed: int):
        self.data = data
        self.chosen = PerSet(**{name: _some(index, seed, name) for name, index in split.items()
                                if name in MOST_SAMPLES})
        self.whole = PerSet(**dict(split.items()))
        self.frames, self.attacks = budgets(data)
        self._shown = 0  # of the FRAMES, how many have had their turn
        self._trace: list[Progress] = []

    def start(self, original: nn.Module, seed: int, retrained: Readings | None) -> StartEvent:
        """The first event: bins, how many samples each set shows, the Original's reading, the null bands.

        The run's own losses are not there yet. The bands are of what comes closest: the retrained model's losses,
        else the Original's of samples that it never saw. It also tells what a frame and an attack cost here, before
        any is charged to the run.
        """
        sets, self.frames.usual = _timed(lambda: self.read(original))
        before = self._by_class(sets, reading(sets))
        _, self.attacks.usual = _timed(lambda: run_attacks(sets.forget, sets.nonmembers, quick=True))
        counts = dict(self.chosen.map(len).items())
        bands = (null_bands(retrained.forget, retrained.nonmembers, seed) if retrained else
                 expected_null_bands(sets.nonmembers, len(sets.forget), seed))
        whose = "the retrained model's losses" if retrained else "the Original's losses of never-seen samples"
        return StartEvent(EDGES, counts, before, bands, band_of(whose),
                          reading(retrained) if retrained else None)

    def look(self, model: nn.Module, progress: Progress, seconds: float) -> ProbeEvent | None:
        """An event where the budget allows one now, else None."""
        self._trace.append(progress)
        done = progress.step / progress.total_steps
        turn = math.floor(FRAMES * done)
        if on_card(self.data.device) and not progress.ends_epoch:
            return None  # within an epoch a look would wait for steps in the card's queue, and be charged for them
        if done >= 1 or turn <= self._shown or not self.frames.allows(seconds, done):
            return None  # after the last step comes the closing event
        self._shown = turn
        attack = self.attacks.allows(seconds, done)
        (sets, frame), cost = _timed(lambda: self._frame(model))
        self.frames.book(cost)
        if attack and bool(sets.forget.loss.isfinite().all() and sets.nonmembers.loss.isfinite().all()):
            attacks, cost = _timed(lambda: run_attacks(sets.forget, sets.nonmembers, quick=True))
            frame = replace(frame, attacks=attacks)
            self.attacks.book(cost)
        return self._event(progress, seconds, frame)

    def last(self, model: nn.Module, progress: Progress, seconds: float) -> ProbeEvent:
        """The closing event of a run that was stopped: the same samples as all the others."""
        sets = self.read(model)
        return self._event(progress, seconds, self._by_class(sets, reading(sets)))

    def complete(self, progress: Progress, seconds: float, sets: Readings, attacks: Values) -> ProbeEvent:
        """The closing event of a finished run: its complete sets, and the attacks as its metrics have them."""
        whole = self._by_class(sets, replace(reading(sets, attacks=False), attacks=attacks), self.whole)
        return replace(self._event(progress, seconds, whole), complete=True)

    def read(self, model: nn.Module) -> Readings:
        """The read-outs of the chosen samples."""
        return Readings(**{name: read_out(model, self.data, self.data.pool_of(name), index)
                           for name, index in self.chosen.items()})

    def stored(self, frame: Any) -> Readings | None:
        """A finished run's read-outs of the samples watched here, from its table; None where it lacks any.

        Also None where an attack needs a column that the table, of an older version, does not have.
        """
        needed = {column for attack in live_attacks() for column in attack.needs}
        if frame is None or not needed <= set(frame) or not {n for n, _ in self.chosen.items()} <= set(frame["set"]):
            return None
        sets = {}
        for name, index in self.chosen.items():
            rows = frame[frame["set"] == name].set_index("sample").loc[index.cpu().numpy()]
            sets[name] = Readout(**{column: torch.from_numpy(rows[column].to_numpy().copy())
                                    for column in COLUMNS if column in rows})
        return Readings(**sets)

    def _frame(self, model: nn.Module) -> tuple[Readings, Reading]:
        sets = self.read(model)
        return sets, self._by_class(sets, reading(sets, attacks=False))

    def _by_class(self, sets: Readings, found: Reading, chosen: PerSet[Tensor] | None = None) -> Reading:
        """The reading with what becomes of every class, where one is forgotten; by never-seen samples of each."""
        chosen = chosen or self.chosen
        if sets.unseen is None or chosen.unseen is None or self.data.heldout.targets.ndim != 1:
            return found
        index = torch.cat([chosen.test, chosen.unseen])
        target = self.data.heldout.targets[index].cpu()
        right = torch.cat([sets.test.correct, sets.unseen.correct]).double()
        count = len(self.data.classes)
        totals = torch.bincount(target, minlength=count)
        hits = torch.bincount(target, weights=right, minlength=count)
        shares = [round(100 * float(hit / total), 1) if total else None
                  for hit, total in zip(hits, totals, strict=True)]
        named = sets.unseen.predicted
        said = () if named is None else torch.bincount(named.long(), minlength=count).tolist()
        return replace(found, by_class=shares, said=said)

    def _event(self, progress: Progress, seconds: float, frame: Reading) -> ProbeEvent:
        trace, self._trace = thinned(self._trace), []
        return ProbeEvent(progress.step, progress.samples, round(seconds, 4), frame, trace)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work returns, and the seconds that this thread computed for it.

    By the clock on the wall a busy machine would make looks dear, and the picture of a run a slide show.
    """
    began = time.thread_time()
    return work(), time.thread_time() - began


def _some(index: Tensor, seed: int, name: str) -> Tensor:
    """Some samples of a set in its own order: where it is all of them, live numbers equal the final ones."""
    order = permutation(len(index), seed, f"probe/{name}")[:MOST_SAMPLES[name]]
    return index[order.sort().values.to(index.device)]


def thinned(steps: list[Progress]) -> dict[str, list[float | None]]:
    """A few of the steps, column by column; None where a step has no such term: methods in turns have two kinds."""
    every = max(1, math.ceil(len(steps) / TRACE_POINTS))
    kept = steps[::-1][::every][::-1]
    terms = sorted({name for progress in kept for name in progress.terms})
    trace: dict[str, list[float | None]] = {"step": [p.step for p in kept], "samples": [p.samples for p in kept]}
    for name in terms:
        values = iter(numbers([p.terms[name] for p in kept if name in p.terms]))
        trace[name] = [round(next(values), 6) if name in p.terms else None for p in kept]
    return trace


def numbers(values: Sequence[Any]) -> list[float]:
    """Numbers, and tensors of one element, as floats; a card is asked once for all of its own."""
    there = [value for value in values if isinstance(value, Tensor) and on_card(value.device)]
    read = iter(torch.stack(there).cpu().tolist() if there else ())
    return [next(read) if isinstance(value, Tensor) and on_card(value.device) else float(value) for value in values]
