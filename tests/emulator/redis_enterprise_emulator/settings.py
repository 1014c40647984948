# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: choices between behaviours where sources are silent or contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class SettingError(ValueError):
    """The setting cannot be understood; the message says what to write."""


# The values that each setting can have, its default first. What they mean stands in the README.
CHOICES: dict[str, tuple[Any, ...]] = {
    "list_shape": ("object", "list"),
    "redirect": (False, True),
    "state_id": ("honoured", "ignored", "absent"),
    "shard_rules": ("required", "filled"),
    "defaults": ("shown", "left_out"),
    "node_status": ("full", "short"),
    "off_without_snapshot": ("fails", "completes"),
    "db_health": ("db", "bdb"),
}


@dataclass
class Settings:
    list_shape: str = "object"  # of /v1/nodes/actions and /v1/cluster/actions
    redirect: bool = False  # 307 from nodes other than the primary
    state_id: str = "honoured"  # a write with an old one is refused; is carried out; none is sent
    shard_rules: str = "required"  # whether a release that needs shard_key_regex for sharding insists on it
    defaults: str = "shown"  # whether answers leave out settings of databases that have their default
    node_status: str = "full"  # or a node's host name and role alone
    off_without_snapshot: str = "fails"  # maintenance_off of a node that has no snapshot
    db_health: str = "db"  # /v4/db/{uid}/health or /v4/bdb/{uid}/health

    def change(self, wanted: Mapping[str, Any]) -> None:
        """All of them, or SettingError and none."""
        for name, value in wanted.items():
            if name not in CHOICES:
                raise SettingError(f"Settings are {', '.join(CHOICES)}; '{name}' is none of them.")
            if not any(value is choice or (isinstance(value, str) and value == choice) for choice in CHOICES[name]):
                raise SettingError(f"{name} must be one of {', '.join(map(_spelled, CHOICES[name]))}.")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_object(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _spelled(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
