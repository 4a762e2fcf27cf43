"""Small things that several engine tests need."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.patience import patience, until

ROOT = Path(__file__).resolve().parents[2]


def bring(originals: Path, folder: Path) -> Path:
    """Copies Originals into a results folder, without what is half finished; the folder."""
    shutil.copytree(originals, folder / "checkpoints", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("partial", "readouts"))
    return folder


@contextmanager
def home_at(folder: Path, originals: Path) -> Iterator[pytest.MonkeyPatch]:
    """The fixture ``home`` for what several tests share: this folder, with these Originals, and no other database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_HOME", str(bring(originals, folder)))
        for name in ("UNLEARN_DATABASE_URL", "UNLEARN_DATA_DIR"):
            patch.delenv(name, raising=False)
        yield patch


def python(*arguments: str, **more: Any) -> subprocess.CompletedProcess:
    """Runs this Python in the repository with the test's environment."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True,
                          timeout=patience(), **more)


def start_python(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def start_copy(*arguments: str) -> subprocess.Popen:
    """The same where what a fresh interpreter does at its start is not in question: torch is there at once."""
    return warm.Popen([sys.executable, *arguments], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True)


def copied(*arguments: str) -> subprocess.CompletedProcess:
    """What :func:`python` gives, from such a copy."""
    process = start_copy(*arguments)
    out, errors = process.communicate(timeout=patience())
    return subprocess.CompletedProcess(arguments, process.returncode, out, errors)


def kill(pid: int) -> None:
    """kill -9 of a child, and waits for its end; one that has ended is left in peace."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of ``condition()``."""
    return until(condition, what, every=0.02)


def weights_hash(model: Any) -> str:
    """sha256 over every tensor of a network's state."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def problems_of(spec: Any, sizes: Any = None) -> list[str]:
    """What resolve() has against a spec."""
    from engine.errors import BadSpec
    from engine.spec import resolve

    with pytest.raises(BadSpec) as caught:
        resolve(spec, sizes)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def small_split(forget: int = 40, retain: int = 160, validation: int = 100, test: int = 100) -> Any:
    """A split of the digits that touches only its first samples."""
    import torch

    from engine.data.splits import Split

    return Split(torch.arange(forget), torch.arange(forget, forget + retain), torch.arange(validation),
                 torch.arange(validation, validation + test))


def class_split(data: Any, label: int = 3, samples: int = 200) -> Any:
    """Class removal: to forget is everything labelled ``label`` among the first ``samples``, to keep the rest."""
    import torch

    from engine.data.splits import Split

    index = torch.arange(samples)
    of_class = data.train.labels[:samples] == label
    return Split(index[of_class], index[~of_class], torch.arange(100), torch.arange(100, 200))


def toy_task(model: Any, labels: list[int], forget: int, pixels: list[tuple[float, ...]] | None = None,
             classes: int = 2) -> Any:
    """A task whose numbers can be worked out by hand: images of one row of pixels, 0 or 1; the first are to forget.

    Without ``pixels`` every image is one pixel of 1.
    """
    import torch

    from engine.data.images import Data, Pool
    from engine.data.splits import Split
    from engine.registry import get
    from engine.training.loop import Task

    images = torch.tensor(pixels or [(1.0,)] * len(labels))
    pool = Pool((images * 255).to(torch.uint8)[:, None, :, None], torch.tensor(labels))
    data = Data(name="toy", classes=tuple("abcdefghij"[:classes]), train=pool, heldout=pool, mean=(0.0,), std=(1.0,))
    index = torch.arange(len(labels))
    return Task(model=model, data=data, split=Split(index[:forget], index[forget:], index, index),
                recipe=get("dataset", "digits").recipe, seed=0, device=torch.device("cpu"), fresh=lambda: model)


def make_task(data: Any, split: Any = None, seed: int = 0, **more: Any) -> Any:
    """An unlearning task on a small split of the digits; the network has its first weights."""
    import torch

    from engine.registry import get
    from engine.training.loop import Task
    from engine.training.networks import build_network

    def fresh() -> Any:
        return build_network(get("model", "small_cnn"), 10, 1, seed, torch.device("cpu"))

    return Task(model=build_network(get("model", "small_cnn"), 10, 1, 99, torch.device("cpu")), data=data,
                split=split or small_split(), recipe=get("dataset", "digits").recipe, seed=seed,
                device=torch.device("cpu"), fresh=fresh, **more)


def parameters_of(method: str, sizes: Any, **values: Any) -> Any:
    """A method's effective parameters on the digits, with its published constants where the digits have their own."""
    from engine.registry import get
    from engine.spec import resolve
    from engine.types import Spec, declared

    tuned = () if method in ("nabla_tau", "finetune") else get("dataset", "digits").unlearning.get(method, ())
    published = {h.name: h.default for h in declared(get("method", method).parameters) if h.name in tuned}
    return resolve(Spec(method=method, parameters=published | values), sizes).parameters


def sidecar(name: str, seconds: float, samples: int) -> dict[str, Any]:
    """What an Original of that name says of its training."""
    dataset, model, seed = name.split("-")[:3]
    return {"dataset": dataset, "model": model, "seed": int(seed.removeprefix("seed")), "recipe": None, "options": {},
            "sha256": "0" * 64, "fingerprint": "0" * 16, "metrics": {"train_accuracy": 90.0, "heldout_accuracy": 80.0},
            "seconds": seconds, "samples": samples}
