# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poisons the operations in the controller before it forks its workers, without a change to the collection."""

from __future__ import annotations

import typing as t

from ansible.plugins.callback import CallbackBase
from support.poison import poison

DOCUMENTATION = """
name: poisoned
type: aggregate
short_description: Makes the operations of databases crash
description:
  - For tests of what is told then.
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
version_added: 0.1.0
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "poisoned"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        poison()
