# SPDX-License-Identifier: MIT
"""Writes synthetic roots; see ../README.md."""
