"""The timers in a browser by which fragments run again, stopped from within one of them.

Streamlit stops one where the page, or the fragment around it, is drawn without it. A view that has nothing to wait for
any more would have to draw all of its page for that; here it says so to the browser in the words that Streamlit uses.
"""

from __future__ import annotations

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState


class Repeats:
    """The fragments of one view that run again after a while."""

    def __init__(self) -> None:
        self.over = False
        self._fragments: set[str] = set()

    def note(self) -> None:
        """The fragment that is running is one of them. One that was asked for before the end is stopped once more."""
        if get_script_run_ctx(suppress_warning=True) and (one := ThreadState.get().fragment_id):
            self._fragments.add(one)
        if self.over:
            self.stop()

    def stop(self) -> None:
        """None of them runs by itself any more."""
        self.over = True
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None and self._fragments:
            said = ForwardMsg()
            said.stop_auto_rerun.fragment_ids.extend(sorted(self._fragments))
            context.enqueue(said)
