# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input and the result of an operation, which knows neither AnsibleModule nor the controller."""

from __future__ import annotations

import dataclasses
import typing as t

from .waiter import Clock, Wait

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client


@dataclasses.dataclass
class Context:
    """A task: its options (names and types as in the argument spec), the client, and the clock."""

    client: Client
    params: t.Mapping[str, t.Any]
    check_mode: bool = False
    wait: Wait = dataclasses.field(default_factory=Wait)
    clock: Clock = dataclasses.field(default_factory=Clock)
    warnings: list[str] = dataclasses.field(default_factory=list)

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def deadline(self) -> Deadline:
        return Deadline(self.clock, self.clock.now() + self.wait.timeout, self.wait)


@dataclasses.dataclass(frozen=True)
class Deadline:
    """The end of the user's C(wait_timeout), for operations that wait in several steps."""

    clock: Clock
    at: float
    wait: Wait

    def left(self) -> Wait:
        """Waiting options for the next step: what is left of the time."""
        return dataclasses.replace(self.wait, timeout=max(self.at - self.clock.now(), 0.0))


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a task. C(values) are the keys beside changed and diff."""

    changed: bool
    values: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    before: t.Any = None
    after: t.Any = None
    failed: str | None = None  # the message, where a part of the work has failed

    def as_dict(self) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {"changed": self.changed, **self.values}
        if self.before is not None or self.after is not None:
            result["diff"] = {"before": self.before, "after": self.after}
        if self.failed is not None:
            result.update(failed=True, msg=self.failed)
        return result
