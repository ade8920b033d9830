# SPDX-License-Identifier: MIT
"""Runs the cases of all parts until the time is up: N processes, each with every
Nth case, so that which cases there are does not depend on how fast they are."""

import multiprocessing
import multiprocessing.connection
import os
import shutil
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from . import descriptors, environment, files, packages, reports, roots, signals, zoo
from .runner import BUILD, ROOTS, Case

# The share of the time that each part has.
PARTS = {"roots": (roots, 4), "reports": (reports, 2), "signals": (signals, 3), "files": (files, 2),
         "zoo": (zoo, 2), "packages": (packages, 2), "environment": (environment, 2),
         "descriptors": (descriptors, 1)}


@dataclass
class Result:
    part: str
    number: int
    kind: str
    what: str
    detail: str


def run_case(part, number, seed, work):
    """What the runs of one case have come to. A fault of the campaign itself is not hidden."""
    case = Case(part, number, seed, work)
    try:
        PARTS[part][0].attack(case)
    except Exception:  # noqa: BLE001
        case.record("wrong", "the campaign itself", traceback.format_exc()[-600:])
    finally:
        case.end_marked()
        case.close()
    return [Result(part, number, *result) for result in case.results]


def worker(index, jobs, parts, seed, deadline, work, pipe):
    """Always the part that is furthest behind its share."""
    spent = {part: 0.0 for part in parts}
    numbers = {part: index for part in parts}
    # Each part has one case at least, however slow the machine is.
    while time.monotonic() < deadline or (index == 0 and 0 in numbers.values()):
        part = min(parts, key=lambda name: spent[name] / PARTS[name][1])
        began = time.monotonic()
        pipe.send(run_case(part, numbers[part], seed, work))
        spent[part] += time.monotonic() - began
        numbers[part] += jobs
    pipe.close()


def run_campaign(parts, seed, *, seconds, jobs=2, cases=None):
    """All results. With `cases`: of these numbers of each part, however long it takes."""
    for needed in (BUILD / "bin/rocmfix", BUILD / "bin/rocmfix-run", ROOTS / "rx6700xt"):
        if not needed.exists():
            raise SystemExit(f"error: there is no {needed}\nhint: make build roots")
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    work = Path(tempfile.mkdtemp(prefix="rocmfix-attack.", dir=base))
    work.chmod(0o755)
    results = []
    try:
        for part in parts:
            PARTS[part][0].prepare(work)
        deadline = time.monotonic() + seconds
        if cases is not None:
            for part in parts:
                for number in cases:
                    results += run_case(part, number, seed, work)
            return results
        pipes, processes = [], []
        for index in range(jobs):
            ours, theirs = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.get_context("fork").Process(
                target=worker, args=(index, jobs, parts, seed, deadline, work, theirs))
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        while pipes:
            for pipe in multiprocessing.connection.wait(pipes):
                try:
                    results += pipe.recv()
                except EOFError:
                    pipes.remove(pipe)
        for process in processes:
            process.join()
            if process.exitcode != 0:
                results.append(Result("campaign", 0, "wrong", "a worker", f"ended with {process.exitcode}"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return results
