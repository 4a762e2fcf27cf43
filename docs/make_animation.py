"""Draws docs/animation.webp from a real run: the losses of the forget set move onto those of the test set.

``python docs/make_animation.py [--seed 0] [--every 2] [--out docs/animation.webp]``

One ∇τ run on the digits with default settings (15%, alpha auto). After every few steps the model reads the complete
forget and test sets; each frame shows the density of the logarithms of those losses. Nothing is interpolated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LOW, HIGH = -6.0, 1.6  # log10 of the smallest and the largest loss drawn; smaller losses are drawn at the edge
BANDWIDTH = 0.25  # in powers of ten
WIDTH, HEIGHT, SCALE = 760, 340, 2  # drawn twice as large and shrunk: smooth edges
LEFT, RIGHT, TOP, BOTTOM = 30, 30, 74, 50
FORGET, TEST, INK, GREY = (255, 127, 14), (31, 119, 180), (40, 40, 40), (120, 120, 120)
FRAME_MS, HOLD_MS = 90, 2200
TICKS = {-6: "0.000001", -4: "0.0001", -2: "0.01", 0: "1", 1: "10"}


@dataclass(frozen=True)
class Frame:
    """What a model says after ``step`` steps: log10 losses of both sets, and the attack's accuracy in percent."""

    step: int
    forget: np.ndarray
    test: np.ndarray
    attack: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=2, help="steps between two frames")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "animation.webp")
    options = parser.parse_args()
    frames = record(options.seed, options.every)
    draw(frames, options.out)
    print(
        f"{options.out}: {len(frames)} frames, {options.out.stat().st_size / 1000:.0f} kB, attack "
        f"{frames[0].attack:.1f} -> {frames[-1].attack:.1f}%"
    )


def record(seed: int, every: int) -> list[Frame]:
    """Runs ∇τ once and reads the model before the first step and after every few."""
    import engine
    from engine.runs.method import unlearn
    from engine.spec import resolve

    lab = engine.load("digits")
    parts = lab.split(seed=seed)
    frames = [_read(lab.original, lab.data, parts.sets, 0)]

    def look(model: Any, progress: Any, seconds: float) -> None:
        if progress.step % every == 0 or progress.step == progress.total_steps:
            frames.append(_read(model, lab.data, parts.sets, progress.step))

    unlearn(lab._own.current(), resolve(replace(parts.spec, method="nabla_tau"), parts.sets.sizes), parts.sets, look)
    return frames


def _read(model: Any, data: Any, sets: Any, step: int) -> Frame:
    from engine.evaluation.readout import read_out
    from engine.registry import get

    forget, test = (
        read_out(model, data, data.pool_of(name), getattr(sets, name)).loss.double().numpy()
        for name in ("forget", "test")
    )
    logs = (np.log10(np.maximum(losses, 10.0**LOW)) for losses in (forget, test))
    attack = get("attack", "mia_loss")
    return Frame(step, *logs, attack.accuracy(*map(attack.score_samples, (forget, test))))


# --- drawing --------------------------------------------------------------------------------


def density(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A Gaussian kernel density of ``values``; mass beyond the edges is reflected."""
    mirrored = np.concatenate([values, 2 * LOW - values, 2 * HIGH - values])
    kernels = np.exp(-0.5 * ((at[:, None] - mirrored) / BANDWIDTH) ** 2)
    return kernels.sum(1) / (len(values) * BANDWIDTH * np.sqrt(2 * np.pi))


def draw(frames: Sequence[Frame], path: Path) -> None:
    """Writes the animation: the first and the last frame are held."""
    at = np.linspace(LOW, HIGH, 400)
    curves = [(density(frame.forget, at), density(frame.test, at)) for frame in frames]
    top = 1.05 * max(curve.max() for pair in curves for curve in pair)
    pictures = [_picture(frame, at, pair, top, frames[-1].step) for frame, pair in zip(frames, curves, strict=True)]
    palette = pictures[0].quantize(32, method=Image.Quantize.MAXCOVERAGE)
    images = [picture.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB") for picture in pictures]
    times = [HOLD_MS, *[FRAME_MS] * (len(images) - 2), HOLD_MS]
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=times, loop=0, lossless=True, quality=80, method=4
    )


def _picture(frame: Frame, at: np.ndarray, pair: tuple[np.ndarray, np.ndarray], top: float, last: int) -> Image.Image:
    picture = Image.new("RGB", (SCALE * WIDTH, SCALE * HEIGHT), "white")
    humps = [(_line(at, curve, top), colour) for curve, colour in zip(pair, (FORGET, TEST), strict=True)]
    for line, colour in humps:
        _tint(picture, line, colour)
    for line, colour in reversed(humps):
        ImageDraw.Draw(picture).line(line, fill=colour, width=3 * SCALE, joint="curve")
    _words(ImageDraw.Draw(picture), frame, last)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _x(log_loss: float) -> float:
    return SCALE * (LEFT + (WIDTH - LEFT - RIGHT) * (log_loss - LOW) / (HIGH - LOW))


def _line(at: np.ndarray, curve: np.ndarray, top: float) -> list[tuple[float, float]]:
    floor, height = SCALE * (HEIGHT - BOTTOM), SCALE * (HEIGHT - BOTTOM - TOP)
    return [(_x(x), floor - height * y / top) for x, y in zip(at, curve, strict=True)]


def _tint(picture: Image.Image, line: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    """Fills the area below a line at 45%; two areas multiply where they overlap."""
    floor = SCALE * (HEIGHT - BOTTOM)
    tint = Image.new("RGB", picture.size, "white")
    paint = tuple(round(255 - 0.45 * (255 - part)) for part in colour)
    ImageDraw.Draw(tint).polygon([(line[0][0], floor), *line, (line[-1][0], floor)], fill=paint)
    picture.paste(ImageChops.multiply(picture, tint))


def _words(pen: ImageDraw.ImageDraw, frame: Frame, last: int) -> None:
    large, small = (ImageFont.load_default(SCALE * size) for size in (22, 15))
    pen.text((SCALE * LEFT, SCALE * 12), "to forget", fill=FORGET, font=large)
    pen.text((SCALE * (LEFT + 110), SCALE * 12), "never seen", fill=TEST, font=large)
    what = f"{len(frame.forget)} digits to forget, {len(frame.test)} never seen: nabla-tau, step {frame.step} of {last}"
    pen.text((SCALE * LEFT, SCALE * 42), what, fill=GREY, font=small)
    pen.text((SCALE * (WIDTH - RIGHT), SCALE * 12), f"attack {frame.attack:.0f}%", fill=INK, font=large, anchor="ra")
    pen.text((SCALE * (WIDTH - RIGHT), SCALE * 42), "50% is chance", fill=GREY, font=small, anchor="ra")
    floor = SCALE * (HEIGHT - BOTTOM)
    pen.line([(_x(LOW), floor), (_x(HIGH), floor)], fill=GREY, width=SCALE)
    for log_loss, label in TICKS.items():
        pen.line([(_x(log_loss), floor), (_x(log_loss), floor + 5 * SCALE)], fill=GREY, width=SCALE)
        anchor = "ma" if log_loss > LOW else "la"
        pen.text((_x(log_loss), floor + 7 * SCALE), label, fill=GREY, font=small, anchor=anchor)
    below = (SCALE * WIDTH / 2, floor + 27 * SCALE)
    pen.text(below, "loss of one sample, logarithmic", fill=GREY, font=small, anchor="ma")


if __name__ == "__main__":
    main()
