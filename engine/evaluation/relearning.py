"""What relearning came to, as numbers that are kept with a run; the words follow from them by the present rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from engine.evaluation.evidence import Evidence
from engine.system.words import plural

Kind = Literal["there", "hidden", "covered", "partly", "gone", "close", "second", "broke"]
NAME = "relearning"
NEEDS: Mapping[str, tuple[str, ...]] = {"hidden": ("step",), "covered": ("step", "before", "after"),
                                        "partly": ("step", "first", "share"),
                                        "close": ("before", "after", "limit")}


@dataclass(frozen=True)
class Outcome:
    """The answer of relearning at the worst rate.

    Parameters
    ----------
    kind : {'there', 'hidden', 'covered', 'partly', 'gone', 'close', 'second', 'broke'}
        More than half was there before; came back; a suppressed model rose to the retrained one; less than half, but
        clearly more than a retrained model has, is there at the end; none of these. The last three cannot tell:
        Original and retrained model too close, a second retrained model recovers as well, every rate broke a model.
    forgotten : int
        Forgotten samples that were shown beside the retain data.
    steps : int
        How many steps were taken.
    step : int, optional
        The step at which it had come back.
    before, after : float, optional
        The accuracy at the start and at that step, in percent; of ``close`` the Original's and the retrained model's.
    limit : float, optional
        Of ``close``: two standard errors, in points.
    held_back : int
        Samples behind these accuracies.
    first, share : float, optional
        The share of the Original's advantage at first and at ``step``; 1 is all of it.
    other : float, optional
        The same share of a second retrained model at ``step``: what chance alone comes to.
    """

    kind: Kind
    forgotten: int = 0
    steps: int = 0
    step: int | None = None
    before: float | None = None
    after: float | None = None
    limit: float | None = None
    held_back: int = 0
    first: float | None = None
    share: float | None = None
    other: float | None = None

    @property
    def comes_back(self) -> bool | None:
        """Whether what was forgotten comes back; None where that cannot be told."""
        return {"there": True, "hidden": True, "covered": True, "partly": True, "gone": False}.get(self.kind)

    @property
    def shown(self) -> str:
        """What the model was fine-tuned on: ``retain data alone``."""
        return ("retain data alone" if not self.forgotten else
                f"retain data and {self.forgotten:,} forgotten {plural(self.forgotten, 'sample')}")

    def said(self) -> str:
        """The answer as a sentence."""
        return {"there": self._there, "hidden": self._hidden, "covered": self._covered, "partly": self._partly,
                "gone": self._gone, "close": self._close, "second": self._second, "broke": self._broke}[self.kind]()

    def title(self) -> str:
        """The same as a page's largest text, where it comes back; empty where it does not."""
        where = f"after {_steps(self.step)} on {self.shown.removesuffix(' alone')}"
        return {"there": "Still has more than half of the Original's advantage on the forgotten: not gone",
                "hidden": f"Comes back {where}, as the retrained model does not: hidden, not removed",
                "covered": f"Comes back {where} to where the retrained model stays: covered up, not removed",
                "partly": f"{'Partly comes back' if self._rises else 'Partly still there'} {where}, more than in a "
                          "retrained model"
                }.get(self.kind, "")

    def evidence(self) -> Evidence:
        """The same for a verdict."""
        back, said = self.comes_back, self.said()
        kind: Literal["unknown", "found", "chance"] = "unknown" if back is None else "found" if back else "chance"
        return Evidence(NAME, kind, f"Relearning: {said[0].lower()}{said[1:]}", title=self.title())

    def to_json(self) -> dict[str, Any]:
        """As plain values, which :meth:`from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Outcome:
        """What :meth:`to_json` wrote. Raises KeyError, TypeError or ValueError where it is something else."""
        if stored["kind"] not in get_args(Kind):
            raise ValueError(f"kind is {stored['kind']!r}, which is none of relearning's answers")
        whole: dict[str, Any] = {name: None if stored[name] is None else int(stored[name])
                                 for name in ("forgotten", "steps", "step", "held_back")}
        parts: dict[str, Any] = {name: None if stored[name] is None else float(stored[name])
                                 for name in ("before", "after", "limit")}
        parts |= {name: None if stored.get(name) is None else float(stored[name])
                  for name in ("first", "share", "other")}  # older versions kept none
        found = cls(stored["kind"], **whole, **parts)
        lacking = [name for name in NEEDS.get(found.kind, ()) if getattr(found, name) is None]
        if lacking:
            raise ValueError(f"{lacking[0]} is empty, which {found.kind!r} needs")
        return found

    def _there(self) -> str:
        return "It was not gone: more than half of the Original's advantage is there before any relearning."

    def _hidden(self) -> str:
        return (f"It was hidden, not removed: {_steps(self.step)} on {self.shown} bring more than half of the "
                "Original's advantage back, which the retrained model does not gain.")

    def _covered(self) -> str:
        return (f"It was covered up, not removed: the accuracy on the forgotten rises from {self.before:.0f}% to "
                f"{self.after:.0f}% in {_steps(self.step)} on {self.shown}, to where the retrained model stays.")

    @property
    def _rises(self) -> bool:
        return (self.share or 0.0) > (self.first or 0.0)

    def _partly(self) -> str:
        assert self.share is not None
        other = "" if self.other is None else f" (retrained with another seed: {100 * self.other:.0f}%)"
        begins = "It partly comes back" if self._rises else "It is partly still there"
        return (f"{begins}: after {_steps(self.step)} on {self.shown} the model has {100 * self.share:.0f}% of the "
                f"Original's advantage over the retrained model{other}.")

    def _gone(self) -> str:
        return (f"It does not come back: {_steps(self.steps)} on {self.shown} recover less than half of the "
                "Original's advantage over the retrained model.")

    def _close(self) -> str:
        assert self.before is not None and self.after is not None and self.limit is not None
        return too_close(self.before - self.after, self.held_back, self.limit)

    def _second(self) -> str:
        return ("Cannot tell here: a second retrained model, which never saw these samples, seems to recover them "
                "too.")

    def _broke(self) -> str:
        return "Cannot tell here: a model broke at every learning rate."


def too_close(gap: float, held_back: int, limit: float) -> str:
    """Why nothing can be said where the Original and the retrained model hardly differ."""
    return (f"Cannot tell here: the Original and the retrained model lie {gap:.1f} points apart on the {held_back:,} "
            f"samples held back, less than two standard errors ({limit:.1f}).")


def _steps(count: int | None) -> str:
    return "" if count is None else f"{count:,} {plural(count, 'step')}"
