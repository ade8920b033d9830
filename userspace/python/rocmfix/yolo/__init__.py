# SPDX-License-Identifier: MIT
"""rocmfix-yolo: YOLO training that survives GPU faults.

The launcher (cli, launcher) starts the worker (worker) under rocmfix-run --retries; a GPU fault
ends the worker, and the next one resumes from the newest verified checkpoint.
"""
