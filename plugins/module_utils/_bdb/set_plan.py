# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with a set of databases: pure decisions over one listing."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._core.errors import CollectionError, InvalidInput, Refused
from .._schema.plan import pick
from .._schema.schema import Obj
from .desired import Desired
from .fields import SCHEMA
from .plan import plan

# Beside the desired fields: what identifies a database, what a result shows, what a deletion lists, and what decides
# whether a change or an action is possible.
ALWAYS_READ = (
    "uid",
    "name",
    "status",
    "internal",
    "crdt",
    "endpoints",
    "port",
    "memory_size",
    "shards_count",
    "replication",
    "data_persistence",
    "sharding",
    "last_changed_time",
)

MOST_PARALLEL = 32


@dataclasses.dataclass(frozen=True)
class Job:
    """One database to reconcile: its desired and its current state, and the refusal if that is known beforehand."""

    desired: Desired
    current: Obj | None = None
    refusal: CollectionError | None = None
    converged: bool = False  # there is nothing to do, and nothing under way to wait for


def fields_to_read(items: t.Iterable[Desired]) -> list[str]:
    """The names for C(fields=): everything that any of the databases is compared in."""
    names = {name for desired in items for name in desired.values}
    elsewhere = {path.partition(".")[0] for name in names for path in SCHEMA.field(name).also_in}
    return sorted(names | elsewhere | set(ALWAYS_READ))


def check_distinct(items: t.Sequence[Desired]) -> None:
    """Two items for one database would undo each other on every run."""
    for attribute in ("name", "uid"):
        values = [getattr(desired, attribute) for desired in items if getattr(desired, attribute) is not None]
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        if twice:
            raise InvalidInput(f"databases holds the {attribute} {', '.join(twice)} more than once: keep one of each.")


def check_limits(params: t.Mapping[str, t.Any]) -> None:
    """Invalid option values are rejected before any request."""
    if not 1 <= params["max_parallel"] <= MOST_PARALLEL:
        raise InvalidInput(f"max_parallel must be a number from 1 to {MOST_PARALLEL}, not {params['max_parallel']}.")
    if params["purge_limit"] is not None:
        most_purged(params["purge_limit"], 0)


def jobs(items: t.Sequence[Desired], listed: t.Sequence[Obj]) -> list[Job]:
    """One job for each item, in order."""
    by_name: dict[t.Any, list[Obj]] = {}
    by_uid: dict[t.Any, Obj] = {}
    for bdb in listed:
        by_name.setdefault(bdb.get("name"), []).append(bdb)
        by_uid[bdb.get("uid")] = bdb
    found = [_job(desired, [*by_name.get(desired.name, []), *_one(by_uid.get(desired.uid))]) for desired in items]
    by_database: dict[t.Any, list[Job]] = {}
    for job in found:
        if job.current is not None:
            by_database.setdefault(job.current["uid"], []).append(job)
    return [_refused_if_shared(job, by_database) for job in found]


def _refused_if_shared(job: Job, by_database: t.Mapping[t.Any, t.Sequence[Job]]) -> Job:
    """Two items that mean one database, one by its name and one by its uid, would work against each other."""
    sharing = by_database[job.current["uid"]] if job.current is not None else ()
    if job.current is None or len(sharing) == 1:
        return job
    labels = " and ".join(other.desired.label for other in sharing)
    refusal = Refused(f"{labels} are one database (uid {job.current['uid']}): put them into one item.")
    return dataclasses.replace(job, refusal=refusal)


def _one(bdb: Obj | None) -> list[Obj]:
    return [] if bdb is None else [bdb]


def _job(desired: Desired, candidates: t.Sequence[Obj]) -> Job:
    distinct = list({bdb["uid"]: bdb for bdb in candidates}.values())
    try:
        current = pick(desired, distinct)
        changed = plan(desired, current).changed
    except CollectionError as refusal:
        return Job(desired, refusal=refusal)
    return Job(desired, current, converged=not changed and (current or {}).get("status") in ("active", None))


def to_purge(named: t.Sequence[Job], listed: t.Sequence[Obj], limit: str | None) -> list[Job]:
    """The databases that no item names; raises Refused when they are more than allowed.

    Never those that are internal to the cluster, nor instances of Active-Active databases, which live elsewhere too.
    """
    kept = {job.current["uid"] for job in named if job.current is not None}
    own = [bdb for bdb in listed if not bdb.get("internal") and not bdb.get("crdt")]
    surplus = sorted((bdb for bdb in own if bdb["uid"] not in kept), key=lambda bdb: (str(bdb.get("name")), bdb["uid"]))
    if not named and limit is None:
        raise Refused(
            "databases is empty and purge is on: that would delete every database. Set purge_limit too if you mean it."
        )
    if any(job.refusal for job in named):
        return []  # it is not clear which database each item means, and the task will fail for that
    allowed = most_purged("1" if limit is None else limit, len(own))
    if len(surplus) > allowed:
        names = ", ".join(str(bdb.get("name")) for bdb in surplus[:10]) + (", …" if len(surplus) > 10 else "")
        raise Refused(
            f"purge would delete {len(surplus)} databases ({names}), and purge_limit allows {allowed}. Nothing was "
            "changed. Add them to databases, or raise purge_limit."
        )
    return [Job(Desired(SCHEMA, "absent", str(bdb.get("name")), int(bdb["uid"])), bdb) for bdb in surplus]


def most_purged(limit: str, total: int) -> int:
    """How many databases C(purge_limit) allows to delete: a number, or a percentage of all, rounded down."""
    match = re.fullmatch(r"\s*([0-9]+)\s*(%?)\s*", limit)
    if not match or (match[2] and int(match[1]) > 100):
        raise InvalidInput(f"purge_limit must be a number such as 3 or a percentage such as 10%, not {limit!r}.")
    return total * int(match[1]) // 100 if match[2] else int(match[1])
