"""An ensemble that is computed in a thread of this process: launched, paused, stopped and looked at from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import BadInput
from engine.runs.ensembles.kept import Kept
from engine.runs.executors import Control
from engine.runs.store import open_store
from engine.studies.ensemble import Design, Ensemble, design
from engine.studies.ensemble_request import Task
from engine.studies.ensemble_work import located, missing, run_all
from engine.studies.job import Job, OneAtATime, executor_problems
from engine.system.paths import home
from engine.system.read_only import refuse
from engine.system.singleton import singleton


class EnsembleJob(Job):
    """One ensemble's missing models on an executor."""

    def __init__(self, found: Design, kept: Kept, todo: Sequence[Task], executor: str):
        super().__init__(len(todo), "ensemble")
        self.design, self.kept, self.executor = found, kept, executor
        self._todo = list(todo)
        self.start()

    def ends(self, control: Control) -> Iterator[bool]:
        for _, error in run_all(self.design, self.kept, self._todo, self.executor, control, self.tell):
            if error:
                self.tell({"stage": error})
            yield error is not None


class Ensembles(OneAtATime[EnsembleJob]):
    """The ensemble of a results folder that is computed. Make one with :func:`ensembles`."""

    def launch(self, ensemble: Ensemble, executor: str = "local") -> EnsembleJob:
        """Starts what is missing. Raises BadSpec for a bad ensemble, BadInput where nothing can be started."""
        refuse()
        design(ensemble)
        if problems := executor_problems(executor):
            raise BadInput(" ".join(problems))
        with self._lock:
            if self.active:
                raise BadInput("Another ensemble is being computed: stop it, or wait until it ends.")
            found, kept = located(ensemble)
            todo = missing(found, kept)
            if not todo:
                raise BadInput(f"All {ensemble.models} models of this ensemble are already computed.")
            open_store().check_room(len(todo))
            self.current = EnsembleJob(found, kept, todo, executor)
            return self.current


def ensembles() -> Ensembles:
    """The ensembles of ``$UNLEARN_HOME``, the same for the whole process whatever is reloaded."""
    return singleton("ensembles", str(home()), Ensembles)
