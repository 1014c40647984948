# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing, deleting and showing databases: what the server calls. Pure functions, plain dicts."""

from __future__ import annotations

from .bdb_create import new_bdb
from .bdb_render import render
from .bdb_types import json_schema
from .bdb_update import ACTIONS, busy, check_delete, updated_bdb
from .bdb_view import ClusterView

__all__ = ["ACTIONS", "ClusterView", "busy", "check_delete", "json_schema", "new_bdb", "render", "updated_bdb"]
