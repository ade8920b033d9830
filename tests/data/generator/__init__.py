# SPDX-License-Identifier: MIT
"""Writes captured-style roots; see ../README.md."""
