"""Python processes that begin with torch and the engine imported: copies of one that waits, in a tenth of the time.

A fresh interpreter takes three seconds of a core until torch is there. Where its start is not in question, a test takes
:class:`Popen` of here for ``python -m MODULE`` and ``python -c CODE``. The copies are this process's own children.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PREPARED = ("engine.api", "engine.runs.compute", "engine.runs.queue", "engine.cli.main", "streamlit.web.cli",
            "streamlit.web.bootstrap", "plotly.graph_objects")
WORKERS = "UNLEARN_TEST_COPIED_WORKERS"  # in a copy's environment: its worker processes are copies, too
SUBREAPER = 36  # prctl: what loses its parent becomes a child of this process


class Popen(subprocess.Popen):
    """``subprocess.Popen`` of this Python, as a copy of the waiting process."""

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo, creationflags,
                       shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, *more):
        assert args[0] == sys.executable and args[1] in ("-m", "-c"), args
        assert preexec_fn is None and not pass_fds and not shell
        asked = {"words": list(args[1:]), "cwd": str(cwd or os.getcwd()), "session": bool(more[5]),
                 "env": dict(os.environ if env is None else env)}
        fds = [given if given != -1 else usual for given, usual in ((p2cread, 0), (c2pwrite, 1), (errwrite, 2))]
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(_waiting())
            socket.send_fds(asking, [len(text := json.dumps(asked).encode()).to_bytes(4, "big")], fds)
            asking.sendall(text)
            self.pid = int(asking.makefile().readline())
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)


def _take_in_orphans() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot take in copies")


@functools.cache
def _waiting() -> str:
    """The address of the process that waits; it ends with this one, at the end of its input."""
    if WAITING:
        return WAITING[0]
    _take_in_orphans()
    address = tempfile.mkdtemp(prefix="unlearn-warm-") + "/socket"
    waiting = subprocess.Popen([sys.executable, __file__, address], cwd=ROOT, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert waiting.stdout and waiting.stdout.readline() == b"ready\n"
    _kept.append(waiting)
    atexit.register(_end, waiting, Path(address).parent)
    return address


def _end(waiting: subprocess.Popen, folder: Path) -> None:
    waiting.stdin.close()
    waiting.wait()
    shutil.rmtree(folder, ignore_errors=True)


def with_copied_workers() -> None:
    """Lets this process, a copy itself, have copies for its worker processes: another copy waits for that."""
    from engine.runs.executors import processes

    address = str(Path(sys.argv[1]).with_name(str(os.getpid())))  # beside that of the first one
    reader, writer = os.pipe()
    with _door(address) as door:
        if os.fork() == 0:
            os.dup2(reader, 0)
            os.close(reader)
            os.close(writer)
            for number in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            _answer(door)
            os._exit(0)
    os.close(reader)
    _kept.append(writer)
    _take_in_orphans()
    WAITING.append(address)
    processes.subprocess = types.SimpleNamespace(Popen=Popen, PIPE=subprocess.PIPE)


WAITING: list[str] = []  # the address of the process that waits, in a copy
_kept: list[Any] = []  # what must not be collected: pipes that stay open, a module that runs


def _serve(address: str) -> None:
    for name in PREPARED:
        importlib.import_module(name)
    from engine.registry import table

    assert threading.active_count() == 1, "a copy has one thread, whatever locks the others held"
    assert table.cache_info().currsize == 0, "which components there are is for each copy to find"
    gc.collect()
    gc.freeze()  # a copy that collects would write to all of it, and so copy it
    with _door(address) as door:
        print("ready", flush=True)
        _answer(door)


def _door(address: str) -> socket.socket:
    door = socket.socket(socket.AF_UNIX)
    door.bind(address)
    door.listen()
    return door


def _answer(door: socket.socket) -> None:
    """Makes the copies that are asked for, until the input ends."""
    while door in select.select([door, 0], [], [])[0]:
        asking, _ = door.accept()
        with asking:
            size, fds, *_ = socket.recv_fds(asking, 4, 3)
            asked = json.loads(asking.makefile("rb").read(int.from_bytes(size, "big")))
            if copy := _copied():
                asking.sendall(f"{copy}\n".encode())
                for fd in fds:
                    os.close(fd)
                continue
        door.close()
        _become(asked, fds)


def _copied() -> int:
    """The copy's process id, or 0 in the copy: a child of a child that has ended, so that whoever asked takes it in."""
    reader, writer = os.pipe()
    between = os.fork()
    if between:
        os.close(writer)
        os.waitpid(between, 0)
        with open(reader) as told:
            return int(told.read())
    if copy := os.fork():
        os.write(writer, str(copy).encode())
        os._exit(0)
    os.close(reader)
    os.close(writer)
    return 0


def _become(asked: dict[str, Any], fds: list[int]) -> None:
    """Its own input, output, folder and environment; then what an interpreter does with ``-m`` and ``-c``."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    if asked["session"]:
        os.setsid()
    os.chdir(asked["cwd"])
    WAITING.clear()
    copied_workers = asked["env"].pop(WORKERS, "")
    os.environ.clear()
    os.environ.update(asked["env"])
    if copied_workers:
        with_copied_workers()
    how, what, *words = asked["words"]
    ours = (str(ROOT), str(Path(__file__).parent))
    sys.path[:] = [os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)),
                   *(place for place in sys.path if place not in ours)]
    sys.argv = ["-m" if how == "-m" else "-c", *words]
    _kept.append(sys.modules["__main__"])
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    raise Begin(lambda: runpy.run_module(what, run_name="__main__", alter_sys=True) if how == "-m"
                else exec(compile(what, "<string>", "exec"), main.__dict__))


def _end_as_asked(work: Callable[[], Any]) -> None:
    """Does the work and ends as an interpreter does, but for taking apart all that was imported, which takes a second.
    """
    status: Any = 0
    try:
        work()
    except SystemExit as end:
        status = end.code
        if status is not None and not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    threading._shutdown()  # waits for threads, as every interpreter does
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


class Begin(BaseException):
    """Takes a copy back to the outermost frame, where its work begins: it ends as an interpreter does."""

    def __init__(self, work):
        self.work = work


if sys.platform != "linux":  # no orphans are taken in there
    Popen = subprocess.Popen  # type: ignore[misc]


if __name__ == "__main__":
    try:
        _serve(sys.argv[1])
    except Begin as begin:
        work = begin.work
    else:
        sys.exit()
    _end_as_asked(work)
