"""What follows the title: the keys, the tray of running jobs and the page itself.

Imported once the title stands, for at a server's first page that takes most of a second.
"""

from __future__ import annotations

from typing import Any

from engine.registry import names
from ui.charts import colours
from ui.common.assets import ensure_assets
from ui.frame import login, present, shell, tray
from ui.frame.shutdown import ensure_leaving
from ui.frame.warm import ensure_warm
from ui.learn import keys


def draw(page: Any) -> None:
    """The page below its title, and the sidebar; methods have their colours in the order of their names in forms."""
    ensure_assets()
    ensure_leaving()
    colours.know(names("method"))
    keys.act(page)
    present.switch()
    shell.in_words(tray.show)
    login.foot()
    shell.in_words(page.run)
    present.foot(page)
    ensure_warm()  # last: until the first page is drawn, it would take time from it
