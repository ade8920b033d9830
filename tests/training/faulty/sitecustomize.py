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
  {..., "rank": 1}                      only in this one of several processes
  {"kind": "raise", "event": ..., "text": "HIP out of memory"}   a RuntimeError there; with "early"
                                        before what ultralytics and rocmfix do at this event
  {"kind": "wait", "event": ...}        nothing more happens there, for ten minutes
  {"kind": "spin", "event": ...}        the same, at full load
  {"kind": "stop", "event": ..., "seconds": 9}   SIGSTOP, and SIGCONT after that time
  {"kind": "delete", "event": ..., "path": "..."}   somebody deletes the directory
"""

import ctypes
import importlib.abc
import importlib.machinery
import json
import os
import shutil
import signal
import subprocess
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
        taken, fault = path.with_suffix(".taken"), json.loads(path.read_text())
        if not taken.exists():
            if str(fault.get("rank", "")) != os.environ.get("RANK", ""):
                return None, None
            taken.touch()
            return fault, path.with_suffix(".struck")
    return None, None


def report():
    """To rocmfix-run; in a file where a launcher has closed the descriptor, as the interposer does."""
    text = json.dumps({**REPORT, "pid": os.getpid()}).encode() + b"\n"
    tag = os.environ.get("ROCMFIX_REPORT_TAG", "")
    if "RANK" in os.environ:
        folder = Path(os.environ["HOME"]) / ".local/state/rocmfix/incidents"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{int(time.time())}-{os.getpid()}-{tag}{os.getpid():08x}.json"
        path.write_bytes(text)
        path.chmod(0o600)
    elif "ROCMFIX_REPORT_FD" in os.environ:
        os.write(int(os.environ["ROCMFIX_REPORT_FD"]), text)


# Where ultralytics names a GPU in a training on several of them. All else is its own: the launcher's
# processes, their samplers, DistributedDataParallel, the collectives, the gathering of results.
GPUS_TO_CPU = {
    "ultralytics.engine.trainer": (
        ('if self.device.type in {"cpu", "mps"}:\n            world_size = 0', 'if False:\n            world_size = 0'),
        ("self.device = torch.device(device_type, index)", "return dist.init_process_group("
         "'gloo', rank=RANK, world_size=self.world_size)"),
        ("device_ids=[self.device.index],", "device_ids=None,"),
    ),
    "ultralytics.engine.validator": (
        ("else torch.device(device_type, get_torch_device_backend(device_type).current_device()),",
         "else torch.device('cpu'),"),
        # What gloo cannot do: collect in inference mode (torch 1.13), and take a mean.
        ("@smart_inference_mode()", "@torch.no_grad()"),
        ("dist.reduce(v, dst=0, op=dist.ReduceOp.AVG)", "dist.reduce(v.div_(trainer.world_size), dst=0)"),
    ),
}


def execute_on_the_cpu(module, spec):
    import torch

    source = spec.loader.get_source(module.__name__)
    for old, new in GPUS_TO_CPU[module.__name__]:
        assert source.count(old) == 1, f"ultralytics has changed: {old}"
        source = source.replace(old, new)
    exec(compile(source, spec.origin, "exec"), module.__dict__)
    module.select_device = lambda *_, **__: torch.device("cpu")


class SeveralGpus(importlib.abc.MetaPathFinder):
    """ROCMFIX_TEST_GPUS=N: a torch that says it has N, and DDP that is done on the CPU with gloo."""

    def find_spec(self, name, path, target=None):
        if name == "torch.cuda":
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                module.device_count = lambda: int(os.environ["ROCMFIX_TEST_GPUS"])

            spec.loader.exec_module = exec_module
            return spec
        if name not in GPUS_TO_CPU:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        spec.loader.exec_module = lambda module: execute_on_the_cpu(module, spec)
        return spec


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
        report()
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
        find = SeveralGpus().find_spec if "RANK" in os.environ else importlib.machinery.PathFinder.find_spec
        spec = find(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            for change in self.changes:
                change(module)

        spec.loader.exec_module = exec_module
        return spec


after_trainer = AfterTrainer()


def wait_here(fault):
    time.sleep(600)


def spin_here(fault):
    while True:
        pass


def stop_here(fault):
    subprocess.Popen(["sh", "-c", f"sleep {fault['seconds']}; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)


DISTURBANCES = {
    "delete": lambda fault: shutil.rmtree(fault["path"]), "wait": wait_here, "spin": spin_here,
    "stop": stop_here,
}  # fmt: skip


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
                    if fault["kind"] in DISTURBANCES:
                        mark.touch()
                        DISTURBANCES[fault["kind"]](fault)
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
    # The picture of a run is drawn by the same program, and takes no fault.
    if not any(word.endswith("start_worker.py") for word in sys.orig_argv) or "--draw" in sys.orig_argv:
        return
    if "ROCMFIX_TEST_GPUS" in os.environ:
        sys.meta_path.insert(0, SeveralGpus())
        if "torch.distributed.run" in sys.orig_argv:
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
