"""Why something failed, as a sentence for a person."""

from __future__ import annotations

from engine.errors import OriginalMissing
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.runs.estimates import missing_original
from engine.system.sentences import sentence


def reason_of(error: BaseException, checkpoints: Checkpoints | None = None) -> str:
    """The sentence for any error; a missing Original's says how long its training takes, as ``checkpoints`` show."""
    if isinstance(error, OriginalMissing):
        return missing_original(error, checkpoints or open_checkpoints())
    return sentence(error)
