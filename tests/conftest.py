"""Every test has a home folder of its own; nothing is downloaded, and the real ``runs/`` is never touched."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Hugging Face's libraries and OpenMP read these once, when they are loaded.
SCRATCH = Path(tempfile.mkdtemp(prefix="unlearn-tests-"))
DATA_BEFORE = os.environ.get("UNLEARN_DATA_DIR")
os.environ |= {"HF_HOME": str(SCRATCH / "hf"), "HF_DATASETS_CACHE": str(SCRATCH / "hf" / "datasets"),
               "HF_ENDPOINT": "http://127.0.0.1:9", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
               "UNLEARN_HOME": str(SCRATCH / "home"), "OMP_NUM_THREADS": "1"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded so far stays: the collector need not walk through torch and all tests again and again.

    Recorded runs are read once a process, so by the components that there are, whichever a test puts in their place.
    """
    if not session.config.option.collectonly:
        from engine.runs.recorded import recorded_runs

        recorded_runs()
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``$UNLEARN_HOME`` of this test; neither a data folder nor another database is set."""
    folder = tmp_path / "home"
    monkeypatch.setenv("UNLEARN_HOME", str(folder))
    for name in ("UNLEARN_DATABASE_URL", "UNLEARN_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the downloaded data sets; skips where there is none."""
    folder = Path(DATA_BEFORE) if DATA_BEFORE else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data folder: UNLEARN_DATA_DIR is not set and {folder} does not exist")
    return folder
