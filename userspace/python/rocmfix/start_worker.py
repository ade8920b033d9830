# SPDX-License-Identifier: MIT
"""Starts rocmfix.yolo.worker in any interpreter, a virtual environment's for example.

The package is loaded from where this file is: an interpreter that has ultralytics need not have
rocmfix, and must not see other modules of the directory that rocmfix is installed in.
"""

import importlib.util
import sys
from pathlib import Path

if "rocmfix" not in sys.modules:
    here = Path(__file__).absolute().parent
    # Python has put this directory first: its modules would hide others of the same name.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").absolute() != here]
    spec = importlib.util.spec_from_file_location(
        "rocmfix", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rocmfix"] = module
    spec.loader.exec_module(module)

if __name__ == "__main__":
    from rocmfix.yolo.worker import main

    sys.exit(main(sys.argv[1:]))
