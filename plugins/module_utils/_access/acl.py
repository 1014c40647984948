# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of a Redis ACL, and what speaks against changing or deleting one."""

from __future__ import annotations

import typing as t

from .._core.errors import Refused
from .._schema.field import Compare, Kind, read_only, text
from .._schema.plan import Plan
from .._schema.schema import Obj, Schema

PREDEFINED = "Full Access"
SCHEMA = Schema(
    "Redis ACL",
    "/v1/redis_acls",
    {
        row.name: row
        for row in (
            read_only("uid", Kind.INT),
            text("name"),
            # Line ends become spaces: with one in a rule, releases before 8.0.6 fail to migrate shards (RS131972).
            text("acl", compare=Compare.JOINED, needed="set it to rules such as '+@read ~app:*'."),
            read_only("account_id", Kind.INT),
            read_only("action_uid", Kind.TEXT),
            read_only("min_version", Kind.TEXT, since="7.2.4"),
            read_only("max_version", Kind.TEXT, since="7.2.4"),
        )
    },
    shown_when_deleted=("uid", "name", "acl"),
)


def refuse_predefined(plan: Plan) -> None:
    if plan.current is not None and plan.changed and plan.current.get("name") == PREDEFINED:
        raise Refused(f"Redis ACL {PREDEFINED!r} is predefined, and the cluster never changes or deletes it.")


def refuse_used(plan: Plan, bdbs: t.Sequence[Obj]) -> None:
    """C(bdbs) have at least name and roles_permissions. The API has no dry run of a deletion that would say so."""
    uid = (plan.current or {}).get("uid")
    pairs = ((bdb, pair) for bdb in bdbs for pair in bdb.get("roles_permissions") or ())
    users = sorted({str(bdb.get("name")) for bdb, pair in pairs if pair.get("redis_acl_uid") == uid})
    if users:
        raise Refused(
            f"Redis ACL {(plan.current or {}).get('name')!r} (uid {uid}) is used by {', '.join(users)}: remove it from "
            "the roles_permissions of these databases first."
        )
