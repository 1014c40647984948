# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo passes only if all is as it was, and says what is not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from demo.cluster import Drain, Layout, drains
from demo.report import Observed, faults, last_line, table
from demo.workload import Outcome

WELL = Layout(shards={1: ("1", "2"), 2: ("3",)}, not_active=(), in_maintenance=())
GOOD = Observed(
    before=WELL,
    after=WELL,
    drains=[Drain(2, 1.25), Drain(1, 2.0)],
    outcomes=[Outcome("single", 9_000, 0, 3, 12.3), Outcome("replicated", 1_000, 0, 0, 4.0)],
    playbook_code=0,
    least_writes=10_000,
)


def test_all_well_passes() -> None:
    assert faults(GOOD) == []
    assert last_line(GOOD).startswith(
        "PASS: 2 nodes stopped and started, one after another; 10,000 acknowledged writes"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"playbook_code": 2}, "the playbook ended with 2"),
        ({"outcomes": [Outcome("single", 20_000, 1, 0, 1.0)]}, "database single lost 1 acknowledged writes"),
        ({"after": dataclasses.replace(WELL, not_active=(2,))}, "node 2 is not active"),
        ({"after": dataclasses.replace(WELL, in_maintenance=(1,))}, "node 1 is still in maintenance"),
        (
            {"after": dataclasses.replace(WELL, shards={1: ("1", "2", "3"), 2: ()})},
            "node 2 had the shards 3 and has now -",
        ),
        ({"drains": [Drain(2, 1.0)]}, "never drained: node 1"),
        ({"outcomes": [Outcome("single", 9_999, 0, 0, 1.0)]}, "only 9,999 writes were acknowledged"),
    ],
)
def test_each_fault_fails_with_its_sentence(change: dict[str, Any], sentence: str) -> None:
    seen = dataclasses.replace(GOOD, **change)
    assert any(sentence in each for each in faults(seen))
    assert last_line(seen).startswith("FAIL: ")
    assert sentence in last_line(seen)


def test_the_table_has_a_line_for_each_node_and_database() -> None:
    words = [line.split() for line in table(GOOD)]
    assert ["node", "2", "1.2", "s"] in words
    assert ["single", "9,000", "0", "3", "12.3", "ms"] in words


def test_the_time_a_node_was_empty_is_read_from_the_journal() -> None:
    on, off = "/v1/nodes/2/actions/maintenance_on", "/v1/nodes/2/actions/maintenance_off"
    journal = [
        {"time": 0.5, "method": "GET", "path": on},  # a look before the start does not count
        {"time": 1.0, "method": "POST", "path": on},
        {"time": 2.0, "method": "GET", "path": on},
        {"time": 3.0, "method": "GET", "path": on},
        {"time": 3.1, "method": "GET", "path": "/v1/nodes"},
        {"time": 3.2, "method": "GET", "path": on},
        {"time": 7.0, "method": "POST", "path": off},
        {"time": 8.5, "method": "GET", "path": off},
        {"time": 8.6, "method": "GET", "path": "/v1/nodes"},
    ]
    assert drains(journal) == [Drain(2, 5.5)]
    assert drains(journal[:6]) == []
