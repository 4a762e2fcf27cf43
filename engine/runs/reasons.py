"""Why something failed, as a sentence for a person."""

from __future__ import annotations

from engine.errors import FULL, LabError, OriginalMissing
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.runs.estimates import missing_original


def reason_of(error: BaseException, checkpoints: Checkpoints | None = None) -> str:
    """The sentence for any error; a missing Original's says how long its training takes, as ``checkpoints`` show."""
    if isinstance(error, OriginalMissing):
        return missing_original(error, checkpoints or open_checkpoints())
    if isinstance(error, LabError):
        return str(error)
    if _out_of_memory(error):
        return "Out of memory: a smaller batch size needs less."
    if isinstance(error, OSError) and error.errno in FULL:
        return f"The disk is full: {error.filename or 'a file'} could not be written. Free some space and run it again."
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def _out_of_memory(error: BaseException) -> bool:
    """Torch's own error goes by its name: naming a reason does not import torch."""
    return (isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
            or "can't allocate memory" in str(error))
