# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/node_actions.md: what a task does in which situation.

Tests try every cell; tests/tools/action_tables.py writes the page. A row gives one outcome for all columns, or
names those that differ. A new action is a new column: rows without an outcome for all columns then miss a cell.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import (
    CLUSTER_ACTIONS,
    NODE_ACTIONS,
)

FILE = "tests/support/action_situations.py"


class Outcome(enum.Enum):
    RUNS = "runs"
    STARTS = "starts"
    WAITS = "waits, then runs"
    ADOPTS = "adopts it"
    RETURNS = "returns it"
    NOTHING = "nothing"
    NOTHING_WARNED = "nothing, with a warning"
    REFUSED = "refused"
    NEVER = "refused, always"
    FAILS = "fails"
    TIMES_OUT = "times out"


RUNS, STARTS, WAITS, ADOPTS, RETURNS, NOTHING, NOTHING_WARNED, REFUSED, NEVER, FAILS, TIMES_OUT = Outcome


class Situation:
    """A row: its id, its text on the page, and the outcome by column."""

    def __init__(self, id: str, text: str, otherwise: Outcome | None = None, **by_column: Outcome) -> None:
        self.id = id
        self.text = text
        self.otherwise = otherwise
        self.by_column = by_column

    def outcome(self, column: str) -> Outcome:
        found = self.by_column.get(column, self.otherwise)
        if found is None:
            raise LookupError(f"{FILE}: the row {self.id} has no cell for {column}: add {column}=... to it")
        return found


@dataclass(frozen=True)
class Table:
    """One table of the page. C(headings) are the columns as the page names them."""

    name: str
    columns: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Situation]

    @property
    def cells(self) -> list[tuple[Situation, str, Outcome]]:
        return [(row, column, row.outcome(column)) for row in self.rows for column in self.columns]

    def missing(self) -> list[str]:
        """A sentence for each cell without an outcome, and for each that belongs to no column."""
        sentences = []
        for row in self.rows:
            for column in self.columns:
                try:
                    row.outcome(column)
                except LookupError as error:
                    sentences.append(str(error))
            strays = sorted(set(row.by_column) - set(self.columns))
            sentences += [f"{FILE}: the row {row.id} has a cell for {each}, which is no column" for each in strays]
        return sentences

    def markdown(self) -> str:
        lines = [["the task finds", *self.headings], ["---"] * (1 + len(self.columns))]
        lines += [[row.text, *(row.outcome(column).value for column in self.columns)] for row in self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


NODE_TABLE = Table(
    "node actions",
    tuple(NODE_ACTIONS),
    tuple(f"`{name}`" for name in NODE_ACTIONS),
    (
        Situation("work_to_do", "no action running, and work to do", RUNS),
        Situation("goal_met", "the goal met already", NOTHING),
        Situation("queued", "the same action queued", ADOPTS),
        Situation("running", "the same action running", ADOPTS),
        Situation("stuck", "the same action stuck in starting", TIMES_OUT),
        Situation("cancelling", "the same action being cancelled", FAILS),
        Situation("record_completed", "a completed record, but the goal not met", RUNS),
        Situation("record_failed", "a failed record", RUNS),
        Situation("record_aborted", "an aborted record", RUNS),
        Situation("record_cancelled", "a cancelled record", RUNS),
        Situation("ends_failed", "that its action ends as failed", FAILS),
        Situation("ends_aborted", "that its action ends as aborted", FAILS),
        Situation("ends_cancelled", "that its action ends as cancelled", FAILS),
        Situation("ends_without_effect", "that its action completes without effect", FAILS),
        Situation("cleared", "that another client cancels and clears its action", FAILS),
        Situation("answer_lost", "that the answer to its request is lost", RUNS),
        Situation("other_running", "another action running on the node", WAITS),
        Situation("enslave_running", "`enslave_node` running on the node", WAITS, enslave_node=ADOPTS),
        Situation("remove_running", "`remove` running on the node", NEVER, remove=ADOPTS),
        Situation("remove_cancelling", "`remove` being cancelled on the node", WAITS, remove=FAILS),
        Situation("running_elsewhere", "the same action running on another node", WAITS),
        Situation("unknown_node", "no node with this uid", NEVER, remove=NOTHING_WARNED),
        Situation("removed", "that the node was removed", NEVER, remove=NOTHING),
        Situation(
            "decommissioning",
            "the node decommissioning, and no removal running",
            maintenance_on=REFUSED,
            maintenance_off=REFUSED,
            remove=RUNS,
            enslave_node=RUNS,
        ),
        Situation("down", "the node down, its data elsewhere too", REFUSED, remove=RUNS),
        Situation("down_only_copy", "the node down, with the only copy of data", REFUSED),
        Situation(
            "primary",
            "the node being the primary",
            maintenance_on=RUNS,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=RUNS,
        ),
        Situation(
            "role_unknown",
            "the cluster role of the node unknown",
            maintenance_on=RUNS,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=REFUSED,
        ),
        Situation(
            "other_in_maintenance",
            "another node in maintenance",
            maintenance_on=REFUSED,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=RUNS,
        ),
        Situation(
            "other_down",
            "another node down",
            maintenance_on=REFUSED,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=RUNS,
        ),
        Situation(
            "other_decommissioning",
            "another node decommissioning",
            maintenance_on=REFUSED,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=RUNS,
        ),
        Situation("others_away", "all other nodes in maintenance or down", REFUSED, maintenance_off=RUNS),
        Situation(
            "no_room",
            "no room on the other nodes",
            maintenance_on=RUNS,
            maintenance_off=RUNS,
            remove=REFUSED,
            enslave_node=RUNS,
        ),
        Situation("no_snapshot", "no snapshot to go back to", RUNS, maintenance_off=REFUSED),
        Situation("no_wait", "`wait: false`, and work to do", STARTS),
        Situation("no_wait_other_running", "`wait: false`, and another action running on the node", NEVER),
    ),
)

CLUSTER_TABLE = Table(
    "cluster actions",
    tuple(CLUSTER_ACTIONS),
    tuple(f"`{name}`" for name in CLUSTER_ACTIONS),
    (
        Situation("work_to_do", "no record, and another node is the primary", RUNS),
        Situation("goal_met", "that the node is the primary", NOTHING),
        Situation("queued", "the action queued", ADOPTS),
        Situation("running", "the action running", ADOPTS),
        Situation("running_other_target", "the action running, for another node", WAITS),
        Situation("stuck", "the action stuck in starting", TIMES_OUT),
        Situation("cancelling", "the action being cancelled", FAILS),
        Situation("record_completed", "a completed record, but the goal not met", RUNS),
        Situation("record_failed", "a failed record", RUNS),
        Situation("record_aborted", "an aborted record", RUNS),
        Situation("record_cancelled", "a cancelled record", RUNS),
        Situation("ends_failed", "that its action ends as failed", FAILS),
        Situation("ends_aborted", "that its action ends as aborted", FAILS),
        Situation("ends_cancelled", "that its action ends as cancelled", FAILS),
        Situation("ends_without_effect", "that its action completes without effect", FAILS),
        Situation("cleared", "that another client cancels and clears its action", FAILS),
        Situation("cleared_goal_met", "that the record of its action is gone, but the goal met", RUNS),
        Situation("overtaken", "that another client starts the action just before (409)", ADOPTS),
        Situation("busy", "another action running (409)", WAITS),
        Situation("answer_lost", "that the answer to its request is lost", RUNS),
        Situation("old_release", "a release before 7.4", NEVER),
        Situation("unknown_node", "no node with this uid", NEVER),
        Situation("down", "the node down", NEVER),
        Situation("in_maintenance", "the node in maintenance", NEVER),
        Situation("quorum_only", "a quorum-only node", NEVER),
        Situation("decommissioning", "the node decommissioning", NEVER),
        Situation("drain_running", "`maintenance_on` or `remove` running on the node", NEVER),
        Situation("role_unknown", "the cluster role of the node unknown", NEVER),
        Situation("not_bootstrapped", "that the node has not finished its bootstrap (406)", FAILS),
        Situation("node_gone", "that the node is gone meanwhile (404)", FAILS),
        Situation("unknown_action", "that the cluster does not take the action (400)", FAILS),
        Situation("no_admin", "that the user is no admin (403)", FAILS),
        Situation("no_wait", "`wait: false`, and work to do", STARTS),
        Situation("no_wait_running", "`wait: false`, and the action running", RETURNS),
        Situation("no_wait_busy", "`wait: false`, and another action running (409)", FAILS),
    ),
)

RECORDED_TABLE = Table(
    "other cluster actions",
    ("once", "rerun"),
    ("`rerun: false`", "`rerun: true`"),
    (
        Situation("no_record", "no record", RUNS),
        Situation("queued", "the action queued", ADOPTS),
        Situation("running", "the action running", ADOPTS),
        Situation("stuck", "the action stuck in starting", TIMES_OUT),
        Situation("cancelling", "the action being cancelled", FAILS),
        Situation("record_completed", "a completed record", once=NOTHING, rerun=RUNS),
        Situation("record_failed", "a failed record", RUNS),
        Situation("record_aborted", "an aborted record", RUNS),
        Situation("record_cancelled", "a cancelled record", RUNS),
        Situation("ends_failed", "that its action ends as failed", FAILS),
        Situation("ends_aborted", "that its action ends as aborted", FAILS),
        Situation("ends_cancelled", "that its action ends as cancelled", FAILS),
        Situation("cleared", "that another client cancels and clears its action", FAILS),
        Situation("overtaken", "that another client starts the action just before (409)", ADOPTS),
        Situation("busy", "another action running (409)", WAITS),
        Situation("answer_lost", "that the answer to its request is lost", RUNS),
        Situation("unknown_action", "that the release has no such action (400)", FAILS),
        Situation("unknown_path", "that the release has no such action (404)", FAILS),
        Situation("no_admin", "that the user is no admin (403)", FAILS),
        Situation("invalid_name", "a name with other characters than letters, digits, `-` and `_`", NEVER),
        Situation("no_wait", "`wait: false`, and no record", STARTS),
        Situation("no_wait_running", "`wait: false`, and the action running", RETURNS),
        Situation("no_wait_busy", "`wait: false`, and another action running (409)", FAILS),
    ),
)

TABLES = (NODE_TABLE, CLUSTER_TABLE, RECORDED_TABLE)
