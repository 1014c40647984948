# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process front of the module of the same name."""

from __future__ import annotations

from ansible_collections.redis_enterprise.cluster.plugins.modules.redis_acl_info import FRONT
from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils._in_process import InProcess


class ActionModule(InProcess):
    front = FRONT
