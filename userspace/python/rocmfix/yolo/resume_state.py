# SPDX-License-Identifier: MIT
"""Going on exactly where the run was: what ultralytics' checkpoint leaves out or rounds.

last.pt has the averaged weights and the optimizer as 16-bit numbers and no state of the random
generators, so its own resume trains on from other weights and draws the first epochs' images again.
Here the 32-bit weights, optimizer, gradients in the middle of an accumulation, random generators
and the mosaic buffer are kept too. With the images loaded in the training process (workers=0,
which ultralytics always uses on the CPU) a resumed run then ends with the same numbers as one that
was never disturbed. With loader processes the weights are exact, the images drawn are others.

Owns that state. Uses what ultralytics offers for it (callbacks, and a trainer subclass with
preprocess_batch and optimizer_step); where a version has not what is needed, says so and leaves the
rest to ultralytics' own resume.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any, Callable, Iterator

from ..store.plain import NotPlain, encode
from .rank import is_lead, rank_of_this_process

FORMAT = 2

# Of the early stopper. Not patience: that may be changed on resume.
_OF_STOPPER = ("best_fitness", "best_epoch", "possible_stop")


def _model_of(trainer: Any) -> Any:
    return getattr(trainer.model, "module", trainer.model)


def _copied(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}


class _Order:
    """The loader's sampler, which draws an order of the images for each epoch.

    Remembers where the generator stood when the order was drawn. In a resumed process the first
    order is preceded by `restore`: the latest moment, since making the loader's iterator, and
    making it again when mosaic is closed, draws from the same generator.
    """

    def __init__(self, sampler: Any, generator: Any) -> None:
        self.sampler, self._generator = sampler, generator
        self.begun = generator.get_state()
        self.restore: Callable[[Any], None] | None = None

    def __iter__(self) -> Iterator[int]:
        restore, self.restore = self.restore, None
        if restore is not None:
            restore(self.sampler)
        self.begun = self._generator.get_state()
        return iter(self.sampler)

    def __len__(self) -> int:
        return len(self.sampler)


class ExactState:
    """Captures after each epoch; puts back, once, what it was made with."""

    def __init__(self, saved: dict[str, Any] | None = None, say: Any = print) -> None:
        self._saved = saved
        self._say = say
        self._said = False
        self._epoch = -1
        self._batch = -1  # of this epoch, from 0
        self._nominal = 0  # batches that are accumulated for a step
        self._last_step = -1  # batch number, over all epochs, of the last optimizer step
        self._order: _Order | None = None
        self._stepped = True  # in this process; False makes up for what ultralytics has forgotten

    # ------------------------------------------------------------------ capture

    def capture(self, trainer: Any) -> dict[str, Any]:
        """The state after an epoch; empty where it cannot be saved, which is reported."""
        state = self._state(trainer)
        try:
            encode(state)
        except NotPlain as problem:
            if not self._said:
                self._said = True
                self._say(f"the exact state cannot be saved ({problem}): a fault costs as much as "
                          "with ultralytics' own resume")  # fmt: skip
            return {}
        return state

    def _state(self, trainer: Any) -> dict[str, Any]:
        import numpy
        import torch

        of_numpy: Any = numpy.random.get_state()
        # It would open the GPUs of the others.
        one_of_several = rank_of_this_process() is not None
        loader = trainer.train_loader
        generator = getattr(loader, "generator", None)
        gradients = {
            name: parameter.grad.detach().cpu().clone()
            for name, parameter in _model_of(trainer).named_parameters()
            if parameter.grad is not None
        }
        return {
            "format": FORMAT,
            "epoch": trainer.epoch,
            "batch": trainer.batch_size,
            "seconds": time.time() - trainer.train_time_start,
            "model": _copied(_model_of(trainer).state_dict()),
            "ema": _copied(trainer.ema.ema.state_dict()),
            "ema_updates": trainer.ema.updates,
            "optimizer": trainer.optimizer.state_dict(),
            "scaler": trainer.scaler.state_dict(),
            "stopper": {
                name: value for name, value in vars(trainer.stopper).items() if name in _OF_STOPPER
            },
            "gradients": gradients,
            "last_step": self._last_step,
            "random": {
                "python": random.getstate(),
                "numpy": (of_numpy[0], of_numpy[1].tolist(), *of_numpy[2:]),
                "torch": torch.get_rng_state(),
                "gpu": torch.cuda.get_rng_state_all() if torch.cuda.is_available() and not one_of_several else [],
                "loader": None if generator is None else generator.get_state(),
                "order": None if self._order is None else self._order.begun,
            },
            "buffer": [int(index) for index in getattr(loader.dataset, "buffer", None) or ()],
        }

    # ------------------------------------------------------------------ restored: callbacks

    def on_train_start(self, trainer: Any) -> None:
        self._nominal = trainer.accumulate
        self._watch_order(trainer.train_loader)
        if self._saved is None:
            return
        saved = self._saved
        if not isinstance(saved, dict) or saved.get("format") != FORMAT or saved["epoch"] + 1 != trainer.start_epoch:
            self._say("the exact state is of another epoch; continuing as ultralytics does")
            self._saved = None
            return
        _model_of(trainer).load_state_dict(saved["model"])
        trainer.ema.ema.load_state_dict(saved["ema"])
        trainer.ema.updates = saved["ema_updates"]
        for ours, group in zip(saved["optimizer"]["param_groups"], trainer.optimizer.param_groups):
            if "fused" in group:  # the device decides, and it may be another one now
                ours["fused"] = group["fused"]
        trainer.optimizer.load_state_dict(saved["optimizer"])
        if trainer.scaler.is_enabled() and saved["scaler"]:
            trainer.scaler.load_state_dict(saved["scaler"])
        vars(trainer.stopper).update(
            {name: value for name, value in saved["stopper"].items() if name in _OF_STOPPER}
        )
        if not trainer.args.time:  # with a time limit ultralytics reckons with this process alone
            trainer.train_time_start -= saved["seconds"]
        if saved["batch"] != trainer.batch_size:
            # Another batch, another order: what was begun is not taken over.
            self._saved = None
            return
        dataset = trainer.train_loader.dataset
        if not is_lead():
            return  # what follows is of the first process's images
        if saved["buffer"] and hasattr(dataset, "load_image"):
            dataset.buffer.clear()
            for index in saved["buffer"]:
                dataset.load_image(index)

    def _watch_order(self, loader: Any) -> None:
        if loader.num_workers != 0:
            return
        try:
            batches = loader.batch_sampler.sampler
            batches.sampler = self._order = _Order(batches.sampler, loader.generator)
        except AttributeError:
            self._say("this version of ultralytics loads images differently: after a fault "
                      "their order changes")  # fmt: skip

    def on_train_epoch_start(self, trainer: Any) -> None:
        again = trainer.epoch == self._epoch  # ultralytics repeats an epoch after OOM or NaN
        self._epoch, self._batch = trainer.epoch, -1
        if again:
            self._last_step, self._stepped = -1, True
            trainer.accumulate = self._nominal
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        for name, parameter in _model_of(trainer).named_parameters():
            gradient = saved["gradients"].get(name)
            parameter.grad = None if gradient is None else gradient.to(parameter.device)
        self._last_step, self._stepped = saved["last_step"], False
        if self._order is not None and saved["random"]["order"] is not None and is_lead():
            closing = bool(trainer.args.close_mosaic) and (
                trainer.epoch == trainer.epochs - trainer.args.close_mosaic
            )
            generator = trainer.train_loader.generator
            self._order.restore = lambda sampler: _restore_random(
                saved["random"], generator, sampler, closing
            )

    def on_train_batch_start(self, trainer: Any) -> None:
        self._batch += 1
        if not self._stepped:
            trainer.accumulate = self._nominal

    # ------------------------------------------------------------------ restored: trainer methods

    def before_batch(self, trainer: Any) -> None:
        """After the warm-up has set trainer.accumulate and before ultralytics decides on a step.

        It steps when `batch - last >= accumulate`, with a `last` of -1 in a new process.
        """
        if not self._stepped:
            self._nominal = trainer.accumulate
            trainer.accumulate = self._nominal + self._last_step + 1

    def after_step(self, trainer: Any) -> None:
        self._last_step = self._batch + len(trainer.train_loader) * trainer.epoch
        if not self._stepped:
            self._stepped = True
            trainer.accumulate = self._nominal


def _restore_random(saved: dict[str, Any], generator: Any, sampler: Any, closing: bool) -> None:
    import numpy
    import torch

    if closing:
        # The undisturbed run drops its iterator in this epoch; the new one draws a base seed.
        generator.set_state(saved["loader"])
        torch.empty((), dtype=torch.int64).random_(generator=generator)
    else:
        # It draws the next order after the end of the last one, where some versions draw as well.
        generator.set_state(saved["order"])
        for _ in sampler:
            pass
    random.setstate(saved["python"])
    name, keys, *position = saved["numpy"]
    of_numpy: Any = (name, numpy.asarray(keys, dtype=numpy.uint32), *position)
    numpy.random.set_state(of_numpy)
    torch.set_rng_state(saved["torch"])
    if saved["gpu"] and len(saved["gpu"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(saved["gpu"])


def resumable(base: type, state: ExactState, make_way: Callable[[Path], None]) -> type:
    """The trainer class of the task, with `state` notified of batches and steps, and `make_way` of the
    directory of a new run before anything is written there."""

    class ResumableTrainer(base):  # type: ignore[misc]
        def __init__(self, *positional: Any, **named: Any) -> None:
            overrides = named.get("overrides") or {}
            if not overrides.get("resume"):
                make_way(_directory_of(overrides))
            super().__init__(*positional, **named)

        def preprocess_batch(self, batch: Any) -> Any:
            state.before_batch(self)
            return super().preprocess_batch(batch)

        def optimizer_step(self) -> None:
            super().optimizer_step()
            state.after_step(self)

    return ResumableTrainer


def _directory_of(overrides: dict[str, Any]) -> Path:
    """Where ultralytics will put the run."""
    from ultralytics.cfg import DEFAULT_CFG_DICT, get_cfg, get_save_dir

    return Path(get_save_dir(get_cfg(DEFAULT_CFG_DICT, overrides)))
