"""Browser parts whose code is a file of this server, loaded once, so that every drawing carries its data alone.

Streamlit sends a part's code along with each of its drawings: of one that is drawn several times a second that is most
of what goes over the line. Such a part's code is a small loader, which imports the module by the address in ``data``.
"""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from ui.common.assets import published

MODULE = "module"  # the entry of ``data`` with the module's address
LOADER = """
export default function (args) {
  let clean;
  const loaded = import(new URL(args.data.module, window.location.origin).href).then((part) => {
    if (args.parentElement.isConnected) clean = part.default(args);
  });
  return () => { loaded.then(() => clean?.()); };
}
"""
STYLED = """
if (!document.getElementById(%(name)s)) {
  document.head.append(Object.assign(document.createElement("style"), { id: %(name)s, textContent: %(style)s }));
}
"""


class Module:
    """A part's code and style under a name that changes with them; ``component`` is Streamlit's function for it."""

    def __init__(self, name: str, code: str, style: str = "", html: str = ""):
        styled = STYLED % {"name": json.dumps(f"style-{name}"), "style": json.dumps(style)} if style else ""
        self._name, self._content = name, (code + styled).encode()
        self._component = st.components.v2.component(name, js=LOADER, html=html, isolate_styles=False)

    def address(self) -> str | None:
        """Where the browser finds it; written into the tree where that can be written."""
        return published(self._name, self._content, st.get_option("server.baseUrlPath"))

    def draw(self, key: str, data: dict[str, Any], **how: Any) -> Any:
        """Draws the part with these data."""
        return self._component(key=key, data=data | {MODULE: self.address()}, **how)
