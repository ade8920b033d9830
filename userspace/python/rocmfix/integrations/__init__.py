# SPDX-License-Identifier: MIT
"""Callbacks for other people's training loops: rocmfix.integrations.lightning, .accelerate, .transformers.

Each is imported by its own name, and needs that package. Lightning and transformers read their own
checkpoints, as pickles: these callbacks give them only verified ones, from files that are the user's own.
"""
