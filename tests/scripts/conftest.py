# SPDX-License-Identifier: MIT
"""Every test of a runner gets a checkout of its own."""

import pytest

from checkout import Checkout


@pytest.fixture
def checkout(tmp_path):
    made = Checkout(tmp_path)
    made.take("scripts/tally")
    made.write("tests/floors", "")
    return made
