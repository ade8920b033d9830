# SPDX-License-Identifier: MIT
"""Where a training keeps what it resumes from: verified generations in a folder.

Knows neither ultralytics nor what the files mean. rocmfix-yolo keeps epochs in it; a script of one's
own keeps epochs or steps. Imports torch only in plain.py, and there only when it is called.

    lock = hold(folder)                               # Busy: another process trains this run
    require_own(files_of(folder, "epoch"), folder)    # Untrusted: somebody else could have written it
    store = Store(folder, "epoch", run=last_run(folder, "epoch") or new_run())
    generation, complaints = store.newest()           # of this run; None: begin
    store.keep(7, {"state.pt": plain.writer(state), "log.csv": b"..."}, {"epochs": 100})
    state = plain.read(generation.read("state.pt"))
"""

from .errors import Busy, Damaged, StoreError, Untrusted
from .files import sync_directory, write_atomically, write_new
from .generations import NO_ROOM, Store, last_run, set_aside
from .lock import Lock, hold, holder
from .manifest import Generation, is_run, new_run
from .trust import files_of, require_own

__all__ = [
    "Busy",
    "Damaged",
    "Generation",
    "Lock",
    "NO_ROOM",
    "Store",
    "StoreError",
    "Untrusted",
    "files_of",
    "hold",
    "holder",
    "is_run",
    "last_run",
    "new_run",
    "require_own",
    "set_aside",
    "sync_directory",
    "write_atomically",
    "write_new",
]
