# SPDX-License-Identifier: MIT
"""rocmfix-yolo: a YOLO training that gets to its end.

The launcher (cli, launcher) starts the worker (worker) under rocmfix-run --retries; a GPU fault
ends the worker, and the next one goes on from the newest verified checkpoint.
"""
