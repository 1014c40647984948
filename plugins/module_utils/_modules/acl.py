# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations of C(redis_acl) and C(redis_acl_info)."""

from __future__ import annotations

import typing as t

from .._access import acl, error_help
from .._action.managed_object import ObjectWithActions
from .._api import releases
from .._core.context import Context, Result
from .._core.errors import ApiError
from .._schema.desired import Desired, desired_from, options
from .._schema.plan import Plan
from .._schema.read import read_matching
from .._schema.reconcile import Reconciler
from .._schema.redact import redact

OPTIONS: t.Mapping[str, t.Any] = options(acl.SCHEMA)


def run(context: Context) -> Result:
    return Reconciler(context, RedisAcl(desired_from(acl.SCHEMA, context.params))).run()


def run_info(context: Context) -> Result:
    found = read_matching(context.client, acl.SCHEMA, context.params.get("name"), context.params.get("uid"))
    return Result(False, {"redis_acls": [redact(acl.SCHEMA, dict(obj)) for obj in found]})


class RedisAcl(ObjectWithActions[Desired]):
    """A Redis ACL for the reconciler."""

    result_key = "redis_acl"

    def check(self, work: Reconciler, plan: Plan) -> None:
        acl.refuse_predefined(plan)
        if plan.deletes:
            query = {"fields": "uid,name,roles_permissions"}
            acl.refuse_used(plan, work.client.get_list("/v1/bdbs", query).data)

    def can_dry_run(self, work: Reconciler) -> bool:
        """Releases without it would carry the request out."""
        nodes = work.client.get_list("/v1/nodes", {"fields": "uid,software_version"}).data
        has_dry_run = releases.all_have(releases.REDIS_ACL_DRY_RUN, nodes)
        if not has_dry_run:
            work.context.warn("Check mode has not validated the rules: the cluster can do so since release 7.8.4.")
        return has_dry_run

    def advice(self, error: ApiError, *, creation: bool) -> str | None:
        return error_help.advice(error)
