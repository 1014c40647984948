# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with a whole set of databases: pure decisions over one listing."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from . import _bdb_plan
from ._bdb_plan import Bdb, Desired
from ._errors import CollectionError, InvalidInput, Refused

# Beside the fields that are wanted: what identifies a database, what a result shows, and what a deletion lists.
ALWAYS_READ = (
    "uid",
    "name",
    "status",
    "internal",
    "endpoints",
    "port",
    "memory_size",
    "shards_count",
    "replication",
    "data_persistence",
)


@dataclasses.dataclass(frozen=True)
class Job:
    """One database to bring about: what is wanted, what is there, and why it cannot be done if that is known."""

    desired: Desired
    current: Bdb | None = None
    refusal: CollectionError | None = None
    purged: bool = False


def fields_to_read(wanted: t.Iterable[Desired]) -> list[str]:
    """The names for C(fields=): everything that any of the databases is compared in."""
    names = {name for desired in wanted for name in desired.values}
    versions = {"redis_version", "version"} if names & {"redis_version", "version"} else set()
    return sorted(names | versions | set(ALWAYS_READ))


def check_distinct(wanted: t.Sequence[Desired]) -> None:
    """Two items for one database would undo each other on every run."""
    for attribute in ("name", "uid"):
        values = [getattr(desired, attribute) for desired in wanted if getattr(desired, attribute) is not None]
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        if twice:
            raise InvalidInput(f"databases holds the {attribute} {', '.join(twice)} more than once: keep one of each.")


def jobs(wanted: t.Sequence[Desired], listed: t.Sequence[Bdb]) -> list[Job]:
    """One job for each item, in order."""
    by_name: dict[t.Any, list[Bdb]] = {}
    by_uid: dict[t.Any, Bdb] = {}
    for bdb in listed:
        by_name.setdefault(bdb.get("name"), []).append(bdb)
        by_uid[bdb.get("uid")] = bdb
    return [_job(desired, [*by_name.get(desired.name, []), *_one(by_uid.get(desired.uid))]) for desired in wanted]


def _one(bdb: Bdb | None) -> list[Bdb]:
    return [] if bdb is None else [bdb]


def _job(desired: Desired, candidates: t.Sequence[Bdb]) -> Job:
    distinct = list({bdb["uid"]: bdb for bdb in candidates}.values())
    try:
        current = _bdb_plan.pick(desired, distinct)
        _bdb_plan.plan(desired, current)
    except CollectionError as refusal:
        return Job(desired, refusal=refusal)
    return Job(desired, current)


def to_purge(made: t.Sequence[Job], listed: t.Sequence[Bdb], limit: str | None) -> list[Job]:
    """The databases that no item names, unless they are internal; raises Refused when they are more than allowed."""
    kept = {job.current["uid"] for job in made if job.current is not None}
    own = [bdb for bdb in listed if not bdb.get("internal")]
    surplus = [bdb for bdb in own if bdb["uid"] not in kept]
    if not made and limit is None:
        raise Refused(
            "databases is empty and purge is on: that would delete every database. Set purge_limit too if you mean it."
        )
    if any(job.refusal for job in made) and surplus:
        raise Refused("Nothing is purged, because it is not clear for every item of databases which one is meant.")
    allowed = most_purged("1" if limit is None else limit, len(own))
    if len(surplus) > allowed:
        names = ", ".join(str(bdb.get("name")) for bdb in surplus[:10]) + (", …" if len(surplus) > 10 else "")
        raise Refused(
            f"purge would delete {len(surplus)} databases ({names}), and purge_limit allows {allowed}. Nothing was "
            "changed. Add them to databases, or raise purge_limit."
        )
    return [Job(Desired("absent", str(bdb.get("name")), int(bdb["uid"])), bdb, purged=True) for bdb in surplus]


def most_purged(limit: str, total: int) -> int:
    """How many databases C(purge_limit) allows to delete: a number, or a percentage of all, rounded down."""
    match = re.fullmatch(r"\s*([0-9]+)\s*(%?)\s*", limit)
    if not match or (match[2] and int(match[1]) > 100):
        raise InvalidInput(f"purge_limit must be a number such as 3 or a percentage such as 10%, not {limit!r}.")
    return total * int(match[1]) // 100 if match[2] else int(match[1])
