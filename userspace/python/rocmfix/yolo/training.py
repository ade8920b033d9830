# SPDX-License-Identifier: MIT
"""One worker's part of a training: from the newest verified checkpoint, or the start, to the end.

Owns the loop of tries in this process (a batch that does not fit, a batch that may grow) and what
each epoch leaves behind. A fault ends the process; the next worker begins here again.
"""

from __future__ import annotations

import gc
import os
import signal
import time
import traceback
from pathlib import Path
from typing import Any, Callable

from .. import torch_patches
from ..hints import Hints
from ..store import NO_ROOM, Damaged, Generation
from . import checkpoint, several_gpus
from . import model as models
from .batch import Governor, Pressure
from .errors import HANG, Failure, say, tell_supervisor_of_a_fault
from .pulse import Pulse
from .resume_state import ExactState, resumable
from .account import account_of
from .banner import Banner
from .gpu_watch import GpuWatch
from .last_epoch import count_time_before, why_last
from .launcher import START_WORKER
from .rank import is_lead, rank_of_this_process
from .run_directory import RunDirectory
from .session import ON_RESUME, Session

# The GPU's context is lost, and with it everything in this process: as good as an abort.
CONTEXT_LOST = ("illegal memory access", "hiperrorillegaladdress", "hsa_status_error",
                "device-side assert", *HANG)  # fmt: skip


class BatchChange(Exception):
    """Between two epochs: resume from the checkpoint with another batch."""


class Training:
    def __init__(self, session: Session, path: Path, arguments: dict[str, Any], hints: Hints) -> None:
        self.session, self._path = session, path
        self.directory = RunDirectory(session, path, hints.attempt)
        self.arguments = arguments
        self.hints = hints
        self._pulse = Pulse()
        self.cpu = hints.cpu
        self.gpus = several_gpus.gpus_of(arguments.get("device", ""))  # if there are several
        self._rank = rank_of_this_process()
        self._starts_ranks = bool(self.gpus) and self._rank is None and not self.cpu
        self._gpu = GpuWatch()
        self._kept = 0  # the last epoch whose checkpoint counts, from 1
        self._done = 0  # the last epoch that was trained, from 1
        self._why = ""  # it was the last one
        self._banner = Banner()
        self._shown = hints.attempt > 1  # ultralytics has printed its banner in this run
        batch = arguments.get("batch", 4)
        self.governor: Governor | None = None
        if isinstance(batch, int) and batch >= 1:
            largest = session.largest_batch or batch
            self.governor = Governor(batch, min(session.smallest_batch, batch), max(largest, 1))
        elif hints.batch_scale < 1:
            say("ultralytics chooses the batch, so the hint for a smaller one is ignored")

    # ------------------------------------------------------------------ tries

    def run(self) -> int:
        """Until it is done. Gives the exit status, or raises Failure."""
        generation: Generation | None = None
        if self.directory.path is not None:
            self.directory.enter()
            if self.directory.is_finished():
                say(f"{self.directory.path} is finished: there is nothing to resume")
                self.directory.finish_the_end()
                return 0
            generation = self._newest()
            self._recall_batch()
        if self._starts_ranks:
            self._start_ranks(generation)
        if self.governor is not None and self.hints.batch_scale < 1:
            wanted = self.arguments.get("batch", 4)
            each = max(1, len(self.gpus))
            self._scale(max(each, int(wanted * self.hints.batch_scale) // each * each))
        if self.arguments.get("save") is False:
            say("warning: with save=False there is nothing to resume from after a fault")
        if self.cpu:
            say("RUNNING ON THE CPU from now on: every mitigation for the GPU has been tried. "
                "This is slow")  # fmt: skip
            self._record_change("device", old="GPU", new="CPU", why="every mitigation has been tried")
        while True:
            if generation is not None and checkpoint.is_finished(generation):
                self._done, self._why = generation.number, str(generation.facts.get("why", ""))
                self._finish(generation)
            elif not self._try(generation):
                # Out of the frames of the failed try, or its tensors stay on the GPU.
                gc.collect()
                self._empty_cache()
                generation = self._newest()
                continue
            if is_lead():
                self.directory.finish(epoch=self._done, why=self._why)
            return 0

    def _start_ranks(self, generation: Generation | None) -> None:
        """Does not return, unless only the final validation is left: one GPU does it."""
        if generation is not None and checkpoint.is_finished(generation):
            self.arguments["device"] = str(self.gpus[0])
            self._starts_ranks = False
            self.directory.launch()
            return
        several_gpus.check(self.arguments, self.gpus)
        if generation is not None and self.directory.path is not None:
            checkpoint.restore(generation, self.directory.path)  # before any of them reads it
        self.directory.let_go()  # the first of them holds it
        say(f"one process for each of {len(self.gpus)} GPUs")
        several_gpus.become_launcher(len(self.gpus), [str(START_WORKER), str(self._path)])

    def _recall_batch(self) -> None:
        """What an earlier worker has found out about the batch holds."""
        changes = [event for event in self.directory.events()
                   if event["event"] == "batch" and not event.get("hint")]  # fmt: skip
        if changes and self.governor is not None:
            self.governor.batch = max(1, int(changes[-1]["new"]))

    def _scale(self, batch: int) -> None:
        assert self.governor is not None
        if batch < self.governor.batch:
            say(f"batch {batch} instead of {self.governor.batch}, after a fault")
            self._record_change("batch", old=self.governor.batch, new=batch, why="after a fault")
            self.governor.batch = self.governor.largest = batch

    def _newest(self) -> Generation | None:
        generation = self.directory.newest()
        self._kept = generation.number if generation else 0
        if self.directory.path is not None and not self._starts_ranks:
            self.directory.launch()
        return generation

    def _try(self, generation: Generation | None) -> bool:
        """False: once more. Never returns from a GPU context that is lost."""
        self._why, self._time_counted = "", False
        try:
            if generation is None:
                self._begin()
            elif self.hints.full_precision and generation.facts.get("amp"):
                self._begin_in_full_precision(generation)
            else:
                self._resume(generation)
            return True
        except BatchChange:
            return False
        except KeyboardInterrupt:
            self._record("stop")
            raise
        except (RuntimeError, MemoryError) as problem:
            return self._judge(problem)
        except OSError as problem:
            self._record("error", what=repr(problem))
            if problem.errno in NO_ROOM and self.directory.path is not None:
                raise self.directory.no_room(problem) from problem
            raise
        except BaseException as problem:
            self._record("error", what=repr(problem))
            raise
        finally:
            self._banner.show()
            self._gpu.end()

    def _record(self, event: str, **fields: Any) -> None:
        """Nothing while there is no run: what happened then has left no trace to account for."""
        if self.directory.launched:
            self.directory.record(event, **fields)

    def _record_change(self, event: str, **fields: Any) -> None:
        """Of a mitigation, which is asked for again in each attempt."""
        if self.directory.path is None:
            return
        same = [old for old in self.directory.events() if old["event"] == event and old.get("hint")]
        if not same or same[-1]["new"] != fields["new"]:
            self._record(event, hint=True, **fields)

    def _judge(self, problem: Exception) -> bool:
        text = str(problem).lower()
        if any(part in text for part in CONTEXT_LOST):
            traceback.print_exc()
            say("the GPU context is lost: ending this process as after a GPU memory fault")
            tell_supervisor_of_a_fault(problem)
            signal.signal(signal.SIGABRT, signal.SIG_DFL)
            os.abort()
        refused = torch_patches.is_gpu_refusal(problem)
        if not refused or self.cpu or self._rank is not None:
            self._record("error", what=repr(problem))
            if refused and self._rank is not None:
                # The others wait for this one in a collective: nothing can be changed on the way.
                raise Failure(f"GPU {self.gpus[self._rank]} refused: {str(problem).splitlines()[0]}",
                              "with several GPUs the batch stays as it is: a smaller batch=, then "
                              "rocmfix-yolo resume; or device=0") from problem  # fmt: skip
            raise problem
        old = self.governor.batch if self.governor else None
        new = self.governor.halved() if self.governor and "out of memory" in text else None
        if new is not None:
            say(f"out of memory on the GPU with batch {old}: continuing with {new}")
            self._record("batch", old=old, new=new, why="out of memory")
        else:
            first_line = str(problem).splitlines()[0]
            say(f"the GPU cannot do it ({first_line})")
            say("RUNNING ON THE CPU from now on, which is slow; Ctrl-C stops it, nothing is lost")
            self.cpu = True
            self._record("device", old="GPU", new="CPU", why=first_line)
        return False

    def _empty_cache(self) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    # ------------------------------------------------------------------ with ultralytics

    def _begin(self, old: str | None = None) -> None:
        arguments = dict(self.arguments)
        if not is_lead():
            if self.directory.path is None:
                several_gpus.wait_for_run(self.session, self._path, old)
            arguments["save_dir"] = self.session.save_dir
        elif self.directory.path is not None:  # nothing of it was kept: the same place again
            arguments.update(project=str(self.directory.path.parent), name=self.directory.path.name,
                             exist_ok=True)  # fmt: skip
        self._train(str(arguments.pop("model")), arguments, ExactState(say=say))

    def _resume(self, generation: Generation) -> None:
        assert self.directory.path is not None
        if self._rank is None:
            checkpoint.restore(generation, self.directory.path)
        say(f"resuming after epoch {generation.number} of {generation.facts['epochs']}, "
            f"from a verified checkpoint")  # fmt: skip
        arguments = {name: value for name, value in self.arguments.items() if name in ON_RESUME}
        if "data" in self.arguments:
            arguments["data"] = self.arguments["data"]
        # The run may have been moved since; ultralytics would go on in the old place.
        arguments.update(resume=True, save_dir=str(self.directory.path))
        try:
            saved = checkpoint.load_state(generation)
        except Damaged as problem:
            say(f"warning: {problem}: continuing as ultralytics does")
            saved = None
        last = self.directory.path / "weights/last.pt"
        self._train(str(last), arguments, ExactState(saved, say))

    def _begin_in_full_precision(self, generation: Generation) -> None:
        """amp cannot be changed on resume, so the weights continue in a run of their own."""
        assert self.directory.path is not None
        left = int(generation.facts["epochs"]) - generation.number
        old = self.directory.path
        say(f"full precision from now on. Precision cannot change within a run: a new run, "
            f"'{old.name}-fp32', begins with the weights of epoch {generation.number} "
            f"and has the {left} epochs that are left")  # fmt: skip
        self._record("stop", why="precision")
        self.session.earlier.append(str(old))
        self.session.earlier_epochs += generation.number
        if self._rank is None:
            checkpoint.restore(generation, old)
        self.directory.leave_for_a_new_run()
        self._kept = 0
        self.arguments.update(amp=False, epochs=left, project=str(old.parent),
                              name=f"{old.name}-fp32", model=str(old / "weights/last.pt"),
                              exist_ok=False)  # fmt: skip
        self.session.arguments.update({name: str(self.arguments[name]) for name in (
            "amp", "epochs", "project", "name", "model", "exist_ok")})  # fmt: skip
        self._begin(str(old))

    def _train(self, model: str, arguments: dict[str, Any], state: ExactState) -> None:
        self._pulse.prepare()
        if self._shown:
            self._banner.hide()
        self._shown = True
        if self.governor is not None:
            arguments["batch"] = self.governor.batch
        if self.cpu:
            arguments["device"] = "cpu"
        yolo = models.load(model, self.arguments.get("task"))
        callbacks: dict[str, list[Callable[[Any], None]]] = {
            "on_pretrain_routine_start": [self._on_pretrain_routine_start],
            "on_train_start": [state.on_train_start, self._on_train_start],
            "on_train_epoch_start": [state.on_train_epoch_start, self._on_train_epoch_start],
            "on_train_batch_start": [state.on_train_batch_start],
            "on_train_batch_end": [lambda trainer: self._pulse.beat()],
            "on_val_batch_end": [lambda validator: self._pulse.beat()],
            "on_model_save": [lambda trainer: self._keep(trainer, state)],
            "on_fit_epoch_end": [self._on_epoch_end],
        }
        for event, functions in callbacks.items():
            for function in functions:
                yolo.add_callback(event, function)
        yolo.train(trainer=resumable(yolo.task_map[yolo.task]["trainer"], state, self.directory.make_way), **arguments)

    def _finish(self, generation: Generation) -> None:
        """What ultralytics does after the last epoch: small weights, a validation, results.png."""
        from ultralytics import YOLO
        from ultralytics.utils.plotting import plot_results
        from ultralytics.utils.torch_utils import strip_optimizer

        assert self.directory.path is not None
        say("all epochs are done; repeating the final validation")
        run = self.directory.path
        checkpoint.restore(generation, run)
        for name in ("last.pt", "best.pt"):
            if (run / "weights" / name).is_file():
                strip_optimizer(run / "weights" / name)
        arguments = {name: value for name, value in self.arguments.items()
                     if name in {"data", "imgsz", "device", "workers", "plots"}}  # fmt: skip
        if self.cpu:
            arguments["device"] = "cpu"
        best = run / "weights/best.pt"
        if best.is_file():
            arguments.update(batch=int(generation.facts["batch"]) * 2, project=str(run.parent),
                             name=run.name, exist_ok=True)  # fmt: skip
            YOLO(str(best)).val(**arguments)
        if arguments.get("plots", True):
            plot_results(file=run / "results.csv")

    # ------------------------------------------------------------------ callbacks

    def _on_pretrain_routine_start(self, trainer: Any) -> None:
        if trainer.args.time:  # then it is a guess, which the resumed epoch may be beyond
            trainer.epochs = max(trainer.epochs, self._kept + 1)
        self.directory.adopt(trainer.save_dir)

    def _on_train_start(self, trainer: Any) -> None:
        if self.governor is not None and trainer.batch_size != self.governor.batch:
            self.governor.batch = int(trainer.batch_size)
        self._record_start(trainer, trainer.start_epoch + 1)
        if self._banner.hidden:
            say(f"epoch {trainer.start_epoch + 1} of {trainer.epochs} begins: batch {trainer.batch_size}, "
                f"{trainer.device}, {'AMP' if trainer.amp else 'full precision'}")  # fmt: skip
        self._gpu.begin(trainer.device, self.directory.state / "gpu.csv")

    def _record_start(self, trainer: Any, first: int) -> None:
        self._record("start", first=first, epochs=trainer.epochs, hours=float(trainer.args.time or 0),
                     batch=trainer.batch_size, device=str(trainer.device), amp=bool(trainer.amp))  # fmt: skip

    def _on_train_epoch_start(self, trainer: Any) -> None:
        self._banner.show()
        if trainer.args.time and not self._time_counted:
            self._time_counted = True
            events = self.directory.events()
            count_time_before(trainer, account_of(events, time.time()).training_seconds)
        self._gpu.begin_epoch(trainer.device)

    def _keep(self, trainer: Any, state: ExactState) -> None:
        epoch = trainer.epoch + 1
        if self.directory.make_again():
            self._kept = 0
            self._record_start(trainer, epoch)
        facts = {"epochs": trainer.epochs, "batch": trainer.batch_size, "amp": bool(trainer.amp),
                 "device": str(trainer.device), "stop": bool(trainer.stop),
                 "why": why_last(trainer)}  # fmt: skip
        captured, store = state.capture(trainer), self.directory.store
        try:
            made = checkpoint.keep(store, epoch, trainer.wdir,
                                   trainer.best_fitness == trainer.fitness, captured, trainer.csv,
                                   facts)  # fmt: skip
        except (OSError, Damaged) as problem:
            back = f"to epoch {self._kept}" if self._kept else "to the beginning"
            say(f"warning: the checkpoint of epoch {epoch} does not count ({problem}): "
                f"a fault now would go back {back}")  # fmt: skip
            self.directory.record("unkept", epoch=epoch, what=str(problem))
            return
        if not self._kept:
            text = checkpoint.contents_text(captured)
            say(f"a checkpoint takes {checkpoint.megabytes(made.size)}{f' ({text})' if text else ''}, and two "
                f"are kept in {self.directory.state} until the training is finished")  # fmt: skip
        if store.gave_up:
            self.directory.say_once(f"warning: the disk that {self.directory.path} is on is nearly full: the older "
                                    "checkpoint is given up before the next is written")  # fmt: skip
        self._kept = epoch
        self._pulse.kept()
        self.directory.record("epoch", epoch=epoch)

    def _on_epoch_end(self, trainer: Any) -> None:
        if self._why:
            return  # the final validation, which ultralytics counts as one more
        self._done, self._why = trainer.epoch + 1, why_last(trainer)
        if self._done != self._kept:
            return
        pressure = self._gpu.pressure(trainer.device)
        line = f"epoch {self._kept}/{trainer.epochs} kept{self._gpu.readings()}"
        if pressure is not None:
            line += f"; PyTorch's share at most {pressure.peak:.0%} full; batch {trainer.batch_size}"
        say(line)
        self._govern(trainer, pressure)

    def _govern(self, trainer: Any, pressure: Pressure | None) -> None:
        if self.governor is None:
            return
        if trainer.batch_size != self.governor.batch:  # ultralytics itself has halved it
            old, self.governor.batch = self.governor.batch, int(trainer.batch_size)
            self._record("batch", old=old, new=trainer.batch_size, why="out of memory")
        if pressure is None or not self.session.dynamic_batch or trainer.stop or self._rank is not None:
            return
        old = self.governor.batch
        why = self.governor.after_epoch(pressure)
        if why is not None:
            say(f"batch {old} becomes {self.governor.batch}: {why}")
            self.directory.record("batch", old=old, new=self.governor.batch, why=why)
            raise BatchChange
