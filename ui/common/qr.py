"""A QR code as SVG, from the library's matrix alone: nothing of the text gets into the markup."""

from __future__ import annotations

from base64 import b64encode

import segno

QUIET = 4  # light modules round the code, as the standard asks


def svg(text: str, pixels: int = 320) -> str:
    """The QR code of a text, dark on white, so that cameras read it on a dark page too."""
    rows = segno.make(text, error="m", micro=False).matrix
    size = len(rows) + 2 * QUIET
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows, QUIET) for x, bit in enumerate(row, QUIET) if bit)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="QR code of the link" width="{pixels}" '
            f'height="{pixels}" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
            f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>')


def picture(text: str) -> str:
    """The code as an image in HTML: Streamlit takes drawings out of HTML, images it leaves."""
    code = b64encode(svg(text).encode()).decode()
    return f'<img alt="QR code of the link above" src="data:image/svg+xml;base64,{code}">'
