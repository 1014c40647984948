# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front that runs an operation inside the controller's worker, where the task would run locally anyway.

A module process costs about half a second, the operation some hundredths. So a task with a local connection, without
become and without async is carried out here; any other goes to the module, with the same result. Both ways show the
progress of a long wait.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as ModuleFront
from ansible.utils.display import Display

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.progress import Progress
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.waiter import OnProgress, silent
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import MISSING
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules.frame import Front, perform
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils._following import followed

display = Display()


class InProcess(ModuleFront):
    """Base of the action plugins: each has the name of its module and that module's C(front)."""

    front: Front

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        if not self._would_run_here():
            return self._run_module(tmp, task_vars, host)
        # A module gets its options as JSON; what Ansible wraps values in (vault, tags) falls away here in the same way.
        given = json.loads(json.dumps(dict(self._task.args), default=str))
        with self._environment():
            checked = ArgumentSpecValidator(self.front.argument_spec).validate(given)
            if checked.errors.errors or checked.unsupported_parameters:
                return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))  # it says what is wrong
            params = checked.validated_parameters
            outcome = perform(self.front, params, os.environ, bool(self._task.check_mode), self._teller(params, host))
        result = dict(outcome.result)
        if shows_invocation(C.config, task_vars):
            result["invocation"] = {"module_args": params}
        kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
        result = {**remove_values(result, outcome.secrets), **kept}
        if outcome.warnings:
            result["warnings"] = [remove_values(sentence, outcome.secrets) for sentence in outcome.warnings]
        return result

    def _run_module(self, tmp: t.Any, task_vars: t.Any, host: str) -> dict[str, t.Any]:
        if not self._is_to_be_followed():
            return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))
        with followed(self, lambda line: _show(host, line)):
            return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))

    def _is_to_be_followed(self) -> bool:
        """Whether the module could wait for long, and may say so. A task with async comes back at once."""
        args, options, both = self._task.args, self.front.options, ("wait", "progress")
        return (
            set(both) <= set(options)
            and all(boolean(args.get(name, options[name].get("default")), strict=False) for name in both)
            and not (self._task.check_mode or self._task.async_val or self._task.no_log)
        )

    def _teller(self, params: t.Mapping[str, t.Any], host: str) -> OnProgress:
        """Shows progress on the screen, unless the task is one to keep quiet about."""
        if self._task.no_log or not params.get("progress"):
            return silent
        return Progress(lambda line: _show(host, remove_values(line, self.front.secrets_of(params, os.environ))))

    def _would_run_here(self) -> bool:
        return (
            MISSING is None
            and self._connection.transport == "local"
            and not self._task.async_val
            and not self._play_context.become
        )

    @contextlib.contextmanager
    def _environment(self) -> t.Iterator[None]:
        """The task's C(environment), for as long as the operation runs; the worker is a process of its own."""
        variables: dict[str, t.Any] = {}
        self._compute_environment_string(variables)
        before = dict(os.environ)
        os.environ.update({name: str(value) for name, value in variables.items()})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def shows_invocation(config: t.Any, task_vars: t.Any) -> bool:
    """Whether a result has the options it was reached with: always, until core 2.21 made that a choice."""
    try:
        return bool(config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def _show(host: str, line: t.Any) -> None:
    display.display(f"[{host}] {line}")
