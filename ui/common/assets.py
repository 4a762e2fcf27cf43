"""Files that the browser loads and that are not in git: plotly.js, copied from the installed package.

Streamlit serves the folder ``static`` beside the main script at ``<base path>/app/static/`` where
``enableStaticServing`` is true. Links out of that folder are refused, hence a copy. Where the tree cannot be written,
the package's own file is served as Streamlit serves pictures.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import shutil
from pathlib import Path

import plotly

from engine.system.files import write_whole

ROOT = Path(__file__).resolve().parents[2]
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
CLOSED: set[Path] = set()  # folders that cannot be written


def ensure_assets(root: Path = ROOT) -> Path | None:
    """Put plotly.min.js into ``root/static`` unless it is there; its path, or None where it cannot be written.

    The copy appears in one step, so that a browser never reads half of it. Costs a stat when nothing is to do.
    """
    target = root / "static" / PLOTLY.name
    try:
        if target.is_file() and target.stat().st_size == PLOTLY.stat().st_size:
            return target
        _copy(PLOTLY, target)
    except OSError as error:
        logging.getLogger(__name__).info("%s could not be written (%s): the package's own is served.", target, error)
        return None
    return target


def plotly_url(base_path: str = "", root: Path = ROOT) -> str:
    """Where the browser finds it, from any page: absolute, below Streamlit's ``server.baseUrlPath``."""
    if not (root / "static" / PLOTLY.name).is_file() and (
            url := served(str(PLOTLY), "text/javascript", PLOTLY.name, base_path)):
        return url
    return f"{_begin(base_path)}/app/static/{PLOTLY.name}?v={plotly.__version__}"


def published(name: str, content: bytes, base_path: str = "", root: Path | None = None) -> str | None:
    """The address of a script of ours, written into ``static`` beside the app under a name that changes with it.

    It stays there for pages that are being left, whose browser still asks for it. Where the tree cannot be written it
    is served as pictures are, see :func:`served`.
    """
    target = (root or ROOT) / "static" / f"{name}-{_digest(content)}.js"
    if not target.is_file() and target.parent not in CLOSED:
        try:
            write_whole(target, lambda place: place.write_bytes(content))
        except OSError:
            CLOSED.add(target.parent)  # once is enough: a part may be drawn several times a second
    if target.parent in CLOSED and not target.is_file():
        return served(content, "text/javascript", target.name, base_path)
    return f"{_begin(base_path)}/app/static/{target.name}"


@functools.cache
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def served(content: str | bytes, kind: str, name: str, base_path: str = "") -> str | None:
    """The address of a file (its path) or of bytes, for as long as the page that asks is drawn.

    It changes with the content. None outside of a server.
    """
    from streamlit import runtime

    if not runtime.exists():
        return None
    return f"{_begin(base_path)}{runtime.get_instance().media_file_mgr.add(content, kind, name)}"


def _begin(base_path: str) -> str:
    base = base_path.strip("/")
    return f"/{base}" if base else ""


def _copy(source: Path, target: Path) -> None:
    write_whole(target, lambda temporary: shutil.copyfile(source, temporary))
