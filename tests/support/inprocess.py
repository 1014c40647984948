# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of redis_bdb in this process, with options checked as Ansible checks them: for tests with many runs."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.redis_enterprise.cluster.plugins.module_utils import _connection
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb_desired import options
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._client import Client
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._errors import CollectionError
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operation import Context
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._operations import bdb
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._waiter import Clock, Wait

from .emulated import Emulated, Run

_VALIDATOR = ArgumentSpecValidator(options())


class Brisk(Clock):
    """Time that passes ten times as fast: the emulated cluster is quick."""

    def now(self) -> float:
        return super().now() * 10

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 10)


class InProcess:
    """Runs of redis_bdb against one emulated cluster."""

    def __init__(self, cluster: Emulated) -> None:
        self.cluster = cluster
        self._client = Client(_connection.from_params(cluster.connection, {}))

    def close(self) -> None:
        self._client.close()

    def run(self, *, check: bool = False, wait_timeout: float = 300.0, **given: t.Any) -> Run:
        """One run: its result as the frame would give it, and what was sent meanwhile."""
        self.cluster.clear_journal()
        checked = _VALIDATOR.validate(given)
        assert not checked.error_messages, checked.error_messages
        context = Context(
            self._client, checked.validated_parameters, check, Wait(timeout=wait_timeout), Brisk(), warnings=[]
        )
        try:
            result = bdb.run(context).as_dict()
        except CollectionError as error:
            result = {"failed": True, "msg": str(error), "failure": error.failure.as_dict()}
        return Run({**result, "warnings": context.warnings}, self.cluster.journal(), repr(result))

    def prove(self, **given: t.Any) -> Run:
        """The gates of every step: check mode writes nothing and tells the truth; the second run changes nothing."""
        checked = self.run(check=True, **given)
        assert not checked.result.get("failed"), checked.result
        assert checked.writes == [], "check mode has written"
        real = self.run(**given)
        assert not real.result.get("failed"), real.result
        assert (checked.changed, checked.result["diff"]) == (real.changed, real.result["diff"])
        self.converged(**given)
        return real

    def converged(self, **given: t.Any) -> None:
        again = self.run(**given)
        assert not again.result.get("failed"), again.result
        assert not again.changed, f"reports a change again: {again.result['diff']}"
        assert set(again.methods) == {"GET"}
