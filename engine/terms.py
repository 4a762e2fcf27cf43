"""What a method yields step by step: terms with a title, a role and an axis, from which charts are drawn.

A method's ``terms`` name exactly what its steps carry (the learning rate apart). Those that several methods share are
declared here; where one plays another part, ``with_role`` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

Role = Literal["minimised", "maximised", "target", "weight", "watched"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Term:
    """One number that a method's steps carry: ``Progress.terms[name]``.

    Parameters
    ----------
    name, title : str
        The key in ``Progress.terms``, and the name in charts.
    role : {'minimised', 'maximised', 'target', 'weight', 'watched'}
        What the method does with it: it is minimised or maximised, another term is drawn towards it (target), it
        weighs another term, or it is only watched.
    on : {'forget', 'retain', 'validation', ''}
        The set that it is measured on.
    axis : str
        Terms of one axis are drawn together, losses on ``loss``.
    unit : str
        The unit on that axis.
    note : str
        What the role leaves out ("up to L_validation").

    Examples
    --------
    >>> from engine import Term
    >>> Term("forget_loss", "L_forget", on="forget").with_role("watched").role
    'watched'
    """

    name: str
    title: str
    role: Role = "minimised"
    on: Literal["forget", "retain", "validation", ""] = ""
    axis: str = "loss"
    unit: str = "nats"
    note: str = ""

    def with_role(self, role: Role, note: str = "") -> Term:
        """The same term in another part."""
        return replace(self, role=role, note=note)


FORGET_LOSS = Term("forget_loss", "L_forget", "maximised", on="forget")
RETAIN_LOSS = Term("retain_loss", "L_retain", on="retain")
VALIDATION_LOSS = Term("validation_loss", "L_validation", "target", on="validation")
RELABELLED_LOSS = Term("relabelled_loss", "L_forget with wrong labels", on="forget")
WATCHED_FORGET_LOSS = FORGET_LOSS.with_role("watched")
REWINDING = (  # an epoch's last step has the first one, the very last step all
    Term("forget_error", "error on the forget set", "watched", on="forget", axis="share", unit="%"),
    Term("reference_error", "error on validation samples of their classes", "target", on="validation", axis="share",
         unit="%"),
    Term("kept_epoch", "epoch that is kept", "watched", axis="epoch", unit=""))
RELABELLING = (RELABELLED_LOSS, RETAIN_LOSS, WATCHED_FORGET_LOSS)
