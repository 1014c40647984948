# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every module: options in, operation run, result or C(fail_json) with a structured failure out."""

from __future__ import annotations

import os
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import _connection
from ._client import MISSING, Client
from ._errors import CollectionError
from ._operation import Context, Result
from ._waiter import Wait


def waiting_spec(timeout: float) -> dict[str, t.Any]:
    """The options of the fragment C(waiting), with this module's default for C(wait_timeout)."""
    return {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": timeout},
        "wait_interval": {"type": "float", "default": 5.0},
    }


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """Hides all secrets before anything is logged or told, also those in options that are not no_log as a whole."""

    def __init__(self, secrets: t.Callable[[t.Any], t.Iterable[str]], **arguments: t.Any) -> None:
        self._secrets = secrets
        super().__init__(**arguments)

    def hide_secrets(self) -> None:
        self.no_log_values.update(self._secrets(self.params))

    def _log_invocation(self) -> None:
        self.hide_secrets()
        super()._log_invocation()

    def fail_json(self, msg: str, **facts: t.Any) -> t.NoReturn:
        self.hide_secrets()  # the options may be what is wrong, and then nothing was hidden yet
        super().fail_json(msg, **facts)
        raise AssertionError("fail_json ends the process")


def run_module(
    operation: t.Callable[[Context], Result],
    options: t.Mapping[str, t.Any],
    *,
    secrets: t.Callable[[t.Any], t.Iterable[str]] = lambda _params: (),
    **module_arguments: t.Any,
) -> None:
    """Run one operation as a module.

    C(secrets) finds the secret values in options that cannot be marked no_log as a whole; C(module_arguments) go to
    AnsibleModule (required_if and the like).
    """
    spec = {**_connection.argument_spec(), **options}
    module = _Module(secrets, argument_spec=spec, supports_check_mode=True, **module_arguments)
    module.hide_secrets()
    if MISSING is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=MISSING)
    warnings: list[str] = []
    try:
        result = _run(operation, module, warnings)
    except CollectionError as error:
        _warn(module, warnings)
        module.fail_json(msg=str(error), failure=error.failure.as_dict())
    except Exception as error:  # told like any failure, because a bare traceback would show what fail_json hides
        module.fail_json(msg=f"A mistake in this module: {error!r}. Please report it.", exception=traceback.format_exc())
    _warn(module, warnings)
    module.exit_json(**result.as_dict())


def _run(operation: t.Callable[[Context], Result], module: AnsibleModule, warnings: list[str]) -> Result:
    connection = _connection.from_params(module.params, os.environ)
    if connection.password:
        module.no_log_values.add(connection.password)  # it may come from the environment
    client = Client(connection)
    try:
        return operation(Context(client, module.params, module.check_mode, _wait(module.params), warnings=warnings))
    finally:
        client.close()


def _warn(module: AnsibleModule, sentences: t.Sequence[str]) -> None:
    for sentence in sentences:
        module.warn(sentence)


def _wait(params: t.Mapping[str, t.Any]) -> Wait:
    return Wait(
        enabled=bool(params.get("wait", True)),
        timeout=max(float(params.get("wait_timeout") or 0), 0.0),
        interval=max(float(params.get("wait_interval") or 5.0), 0.1),
    )
