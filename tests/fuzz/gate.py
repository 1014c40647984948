# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No mutated answer does harm: a seeded part of the mutations of every operation."""

from __future__ import annotations

import math

import pytest

from fuzz.__main__ import causes
from fuzz.campaign import subjects
from fuzz.operations import OPERATIONS

SEED = 1
MUTATIONS = 20_000  # over all operations
_EACH = math.ceil(MUTATIONS / len(OPERATIONS))


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_mutated_answer_does_harm(name: str) -> None:
    with subjects() as make:
        tally = make(OPERATIONS[name]).put_to_the_test(SEED, _EACH)
    assert tally.mutations == _EACH
    assert not tally.counts, causes(tally)
