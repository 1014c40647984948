# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, exports and imports of a database: no data moves, but its members and its actions show one at work.

The members and their values are those of the reference; that the action has the transfer's name is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .actions import Action, Run, failed
from .cluster import Cluster
from .model import iso_time


@dataclass(frozen=True)
class Kind:
    """One kind of transfer, as the members of a database show it."""

    working: str  # the value of C(…_status) meanwhile
    finished: str = ""  # the member with the time of the last one
    status: str = "active"  # of the database meanwhile


KINDS = {
    "backup": Kind("exporting", "last_backup_time"),
    "export": Kind("exporting", "last_export_time"),
    "import": Kind("importing", status="import-pending"),
}
_STEPS = 10


def start(cluster: Cluster, bdb_uid: int, name: str, seconds: float, failure_reason: str) -> Action:
    kind = KINDS[name]

    def show(**members: Any) -> None:
        bdb = cluster.bdbs.get(bdb_uid)
        if bdb is not None:
            bdb.update({f"{name}_{member}": value for member, value in members.items()})
            cluster.touch()

    def set_status(status: str) -> None:
        if bdb_uid in cluster.bdbs:
            cluster.bdbs[bdb_uid]["status"] = status

    async def work(run: Run) -> None:
        try:
            for step in range(1, _STEPS + 1):
                await run.advance(100.0 * step / _STEPS, f"{name}_data", seconds / _STEPS)
                show(progress=100.0 * step / _STEPS)
            if failure_reason:
                raise failed(failure_reason, f"The {name} failed: {failure_reason}.")
        except BaseException:
            show(status="failed", failure_reason=failure_reason or "general-error", progress=0.0)
            raise
        finally:
            set_status("active")
        show(status="succeeded", failure_reason="")
        if kind.finished and bdb_uid in cluster.bdbs:
            cluster.bdbs[bdb_uid][kind.finished] = iso_time()

    show(status=kind.working, progress=0.0)
    set_status(kind.status)
    return cluster.actions.start(Action("other", name, "queued", bdb_uid=bdb_uid), work)
