# SPDX-License-Identifier: MIT
"""A hostile campaign against the built programs: see ../attack and docs/reliability.md."""
