# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module in this process, through its frame, with options checked as Ansible does it: for tests with many runs."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.context import Context, Result
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import Clock
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, perform
from ansible_collections.redis_enterprise.cluster.plugins.modules import redis_bdb

from .emulated import Emulated, Run, prove, prove_converged


class Brisk(Clock):
    """Time that passes ten times as fast: the emulated cluster is quick."""

    def now(self) -> float:
        return super().now() * 10

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 10)


class BriskModule:
    """Runs of a module (redis_bdb by default) in this process, against one emulated cluster, on a quick clock."""

    def __init__(self, cluster: Emulated, front: Front = redis_bdb.FRONT) -> None:
        def briskly(context: Context) -> Result:
            return front.operation(dataclasses.replace(context, clock=Brisk()))

        self.cluster = cluster
        self._front = dataclasses.replace(front, operation=briskly)
        self._validator = ArgumentSpecValidator(front.argument_spec)

    def run(self, *, check: bool = False, wait_timeout: float = 300.0, **given: t.Any) -> Run:
        """One run: its result as the frame gives it, and what was sent meanwhile."""
        self.cluster.clear_journal()
        waiting = {"wait_timeout": wait_timeout} if "wait_timeout" in self._front.options else {}
        checked = self._validator.validate({**self.cluster.connection, **waiting, **given})
        assert not checked.error_messages, checked.error_messages
        outcome = perform(self._front, checked.validated_parameters, {}, check)
        assert "exception" not in outcome.result, outcome.result["exception"]
        return Run({**outcome.result, "warnings": outcome.warnings}, self.cluster.journal(), repr(outcome.result))

    def prove(self, **given: t.Any) -> Run:
        return prove(functools.partial(self.run, **given))

    def converged(self, **given: t.Any) -> None:
        prove_converged(functools.partial(self.run, **given))
