# SPDX-License-Identifier: MIT
"""Makes a worker of rocmfix-yolo die at a chosen point, as a GPU memory fault would.

Python imports this at its start when the directory is in PYTHONPATH. ROCMFIX_TEST_FAULTS names a
directory with one JSON file a fault, 0.json, 1.json ...; each worker takes the next and leaves a
file N.json.struck when it has died of it:

  {"kind": "abort", "event": "on_train_batch_start", "count": 5, "delay": 0.02}
      ROCr's message and abort() from another thread, `delay` seconds after the `count`-th event
      of ultralytics
  {"kind": "kill", ...}                 the same with SIGKILL
  {"kind": "rocr", ...}                 the same by ROCr itself, on a simulated card: the real HIP
                                        runtime in this process, a real memory fault event
  {"kind": "torn", "count": 2}          SIGKILL in the middle of the `count`-th write of last.pt
  {"kind": "fsync", "count": 9}         SIGKILL at the `count`-th fsync(2), which are rocmfix's own
  {"kind": "raise", "event": ..., "text": "HIP out of memory"}   a RuntimeError there; with "early"
                                        before what ultralytics and rocmfix do at this event
  {"kind": "wait", "event": ...}        nothing more happens there, for ten minutes
  {"kind": "delete", "event": ..., "path": "..."}   somebody deletes the directory
"""

import ctypes
import importlib.abc
import importlib.machinery
import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

MESSAGE = (
    "Memory access fault by GPU node-1 (Agent handle: 0x55921bba97b0) on address 0x7f3d7a123000. "
    "Reason: Page not present or supervisor privilege.\n"
)


# As librocmfix-hip.so would write it, in what rocmfix-run reads of it.
REPORT = {
    "schema": 1, "kind": "gpu_memory_fault", "gpu": {"node": 1}, "calls": [{"api": "hipMalloc"}],
    "fault": {"address": "0x7f3d7a123000", "reasons": ["page_not_present"]},
}  # fmt: skip


def take_fault():
    directory = Path(os.environ["ROCMFIX_TEST_FAULTS"])
    for path in sorted(directory.glob("*.json"), key=lambda path: int(path.stem)):
        taken = path.with_suffix(".taken")
        if not taken.exists():
            taken.touch()
            return json.loads(path.read_text()), path.with_suffix(".struck")
    return None, None


def fault_on_the_simulated_card():
    hip = ctypes.CDLL(os.environ["ROCMFIX_TEST_HIP"])
    block, size = ctypes.c_void_p(), ctypes.c_size_t(3 << 20)
    if hip.hipMalloc(ctypes.byref(block), size) != 0:
        os.write(2, b"error: no memory on the simulated card\n")
        os._exit(70)
    command = json.dumps({"fault": "memory", "address": block.value, "reason": "not_present"})
    ctypes.CDLL(None).rocmfix_sim_control(command.encode())
    content = ctypes.create_string_buffer(size.value)
    for _ in range(600):  # ROCr's own thread aborts meanwhile
        hip.hipMemcpy(block, content, size, 1)
        time.sleep(0.05)
    os.write(2, b"error: no fault came from the simulated card\n")
    os._exit(70)


def die(fault, mark):
    mark.touch()
    if fault["kind"] == "rocr":
        fault_on_the_simulated_card()
    if fault["kind"] == "abort":
        descriptor = os.environ.get("ROCMFIX_REPORT_FD")
        if descriptor:
            os.write(int(descriptor), json.dumps(REPORT).encode() + b"\n")
        os.write(2, MESSAGE.encode())
        os.abort()
    os.kill(os.getpid(), signal.SIGKILL)


class AfterTrainer(importlib.abc.MetaPathFinder):
    """Calls each of `changes` with ultralytics' trainer and validator modules, once executed."""

    names = ("ultralytics.engine.trainer", "ultralytics.engine.validator")

    def __init__(self):
        self.changes = []

    def find_spec(self, name, path, target=None):
        if name not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            for change in self.changes:
                change(module)

        spec.loader.exec_module = exec_module
        return spec


after_trainer = AfterTrainer()


def strike_at_event(fault, mark):
    count = 0

    def struck():
        time.sleep(fault.get("delay", 0))
        die(fault, mark)

    def then(module):
        owner = getattr(module, "BaseTrainer", None) or module.BaseValidator
        original = owner.run_callbacks

        def run_callbacks(self, event):
            nonlocal count
            if not fault.get("early"):
                original(self, event)
            if event == fault["event"]:
                count += 1
                if count == fault["count"]:
                    if fault["kind"] == "raise":
                        mark.touch()
                        raise RuntimeError(fault["text"])
                    if fault["kind"] in ("wait", "delete"):
                        mark.touch()
                        shutil.rmtree(fault["path"]) if fault["kind"] == "delete" else time.sleep(600)
                        return
                    threading.Thread(target=struck, daemon=True).start()
            if fault.get("early"):
                original(self, event)

        owner.run_callbacks = run_callbacks

    after_trainer.changes.append(then)


def strike_in_write(fault, mark):
    original, count = Path.write_bytes, 0

    def write_bytes(self, data):
        nonlocal count
        if self.name == "last.pt":
            count += 1
            if count == fault["count"]:
                with open(self, "wb") as file:
                    file.write(data[: len(data) // 2])
                    file.flush()
                    die(fault, mark)
        return original(self, data)

    Path.write_bytes = write_bytes


def strike_at_fsync(fault, mark):
    original, count = os.fsync, 0

    def fsync(descriptor):
        nonlocal count
        count += 1
        if count == fault["count"]:
            die(fault, mark)
        original(descriptor)

    os.fsync = fsync


def main():
    if not any(word.endswith("start_worker.py") for word in sys.orig_argv):
        return
    fault, mark = take_fault()
    sys.meta_path.insert(0, after_trainer)
    if os.environ.get("ROCMFIX_TEST_AMP"):
        # On the CPU ultralytics refuses AMP; a run that says it has AMP is all that is wanted.
        after_trainer.changes.append(lambda module: setattr(module, "check_amp", lambda *_: True))
    if fault is None:
        return
    strike = {"torn": strike_in_write, "fsync": strike_at_fsync}.get(fault["kind"], strike_at_event)
    strike(fault, mark)


if "ROCMFIX_TEST_FAULTS" in os.environ:
    main()
