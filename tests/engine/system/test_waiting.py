"""How idle threads wait: set with the engine's import, before torch, and never over what a person has set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.system.waiting import spin_briefly


def test_what_a_person_has_set_stays():
    for said in ({"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "PASSIVE"}):
        before = dict(said)
        spin_briefly(said)
        assert said == before


@pytest.mark.parametrize("module", ["engine", "engine.runs.executors.ray"])
def test_it_is_set_before_torch_is_loaded(module):
    """torch itself cannot be looked into once it is loaded, so a stand-in for it says what it found."""
    code = ("import sys, importlib.abc, os\n"
            "class Seen(importlib.abc.MetaPathFinder):\n"
            "    def find_spec(self, name, *rest):\n"
            "        if name == 'torch': print(os.environ.get('GOMP_SPINCOUNT')); sys.stdout.flush(); os._exit(0)\n"
            "sys.meta_path.insert(0, Seen())\n"
            f"import {module}, torch\n")
    clean = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("2000\n", 0), done.stderr
