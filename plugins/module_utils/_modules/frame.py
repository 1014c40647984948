# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every module: options in, operation run, result or a structured failure out.

C(run_module) is the front of a module process. The other front runs C(perform) inside the controller's worker; see
plugin_utils/_in_process.py.
"""

from __future__ import annotations

import dataclasses
import math
import os
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from .._core.context import Context, Result
from .._core.errors import CollectionError, InvalidInput
from .._core.progress import FILE, progress_file
from .._core.waiter import OnProgress, Wait, silent
from .._http import connection
from .._http.client import MISSING, Client


def waiting_spec(timeout: float) -> dict[str, t.Any]:
    """The options of the fragment C(waiting), with this module's default for C(wait_timeout)."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": timeout},
        "wait_interval": {"type": "float", "default": 5.0},
        "progress": {"type": "bool", "default": True},
    }


class _Module(AnsibleModule):
    """Hides all secrets before anything is logged or returned, also those inside options that are not no_log."""

    def __init__(self, front: Front) -> None:
        self._front = front
        super().__init__(argument_spec=front.argument_spec, supports_check_mode=True)

    def _log_invocation(self) -> None:
        self.no_log_values.update(self._front.secrets(self.params))
        super()._log_invocation()

    def fail_json(self, msg: str, **facts: t.Any) -> t.NoReturn:
        self.no_log_values.update(self._front.secrets(self.params))  # bad options fail before they are logged
        super().fail_json(msg, **facts)
        raise AssertionError("fail_json ends the process")


@dataclasses.dataclass(frozen=True)
class Front:
    """A module as both fronts know it: its operation and its own options.

    C(secrets) finds the secret values inside options that cannot be marked no_log.
    """

    operation: t.Callable[[Context], Result]
    options: t.Mapping[str, t.Any]
    secrets: t.Callable[[t.Any], t.Iterable[str]] = lambda _params: ()

    @property
    def argument_spec(self) -> dict[str, t.Any]:
        return {**connection.argument_spec(), **self.options}

    def secrets_of(self, params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> set[str]:
        """All values that no output may contain."""
        return {*self.secrets(params), *connection.secrets(params, environ)}


@dataclasses.dataclass
class Outcome:
    """The outcome of one run: the task's result, its warnings, and the values that no output may contain."""

    result: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    warnings: list[str] = dataclasses.field(default_factory=list)
    secrets: set[str] = dataclasses.field(default_factory=set)


def perform(
    front: Front,
    params: t.Mapping[str, t.Any],
    environ: t.Mapping[str, str],
    check_mode: bool,
    on_progress: OnProgress = silent,
) -> Outcome:
    """Open the client, run the operation, and turn an error into a failed result. C(on_progress) shows progress."""
    outcome = Outcome(secrets=front.secrets_of(params, environ))
    try:
        client = Client(connection.from_params(params, environ))
        try:
            context = Context(client, params, check_mode, _wait(params, on_progress), warnings=outcome.warnings)
            outcome.result = front.operation(context).as_dict()
        finally:
            client.close()
    except CollectionError as error:
        outcome.result = error.as_result()
    except Exception as error:  # returned like any failure: a bare traceback would be printed with the secrets in it
        message = f"This is a mistake in the collection, please report it: {error!r}"
        outcome.result = {"failed": True, "msg": message, "exception": traceback.format_exc()}
    return outcome


def run_module(front: Front) -> None:
    """Run a module in a process of its own."""
    module = _Module(front)
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=MISSING)
    with progress_file(
        os.environ.get(FILE),
        lambda line: str(remove_values(line, front.secrets_of(module.params, os.environ))),
    ) as on_progress:
        outcome = perform(front, module.params, os.environ, module.check_mode, on_progress)
    module.no_log_values.update(outcome.secrets)
    for sentence in outcome.warnings:
        module.warn(sentence)
    if outcome.result.get("failed"):
        module.fail_json(**outcome.result)
    module.exit_json(**outcome.result)


def _wait(params: t.Mapping[str, t.Any], on_progress: OnProgress) -> Wait:
    for name in ("wait_timeout", "wait_interval"):
        if not math.isfinite(float(params.get(name) or 0)):
            raise InvalidInput(f"{name} must be a number of seconds, not {params[name]}.")
    return Wait(
        enabled=bool(params.get("wait", True)),
        timeout=max(float(params.get("wait_timeout") or 0), 0.0),
        interval=max(float(params.get("wait_interval") or 5.0), 0.1),
        on_progress=on_progress if params.get("progress") else silent,
    )
