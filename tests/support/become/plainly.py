# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A become method that becomes nobody else, and works everywhere."""

from __future__ import annotations

import shlex

from ansible.plugins.become import BecomeBase

DOCUMENTATION = """
name: plainly
short_description: Stays who one is
description:
  - For tests of tasks with become, on machines where nobody can become another.
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
version_added: 0.1.0
options:
  become_user:
    description: Stays without effect.
    type: str
    default: root
  become_flags:
    description: Stays without effect.
    type: str
    default: ''
  become_exe:
    description: Stays without effect.
    type: str
    default: ''
  become_pass:
    description: Stays without effect.
    type: str
"""


class BecomeModule(BecomeBase):
    name = "plainly"

    def build_become_command(self, cmd: str, shell: object) -> str:
        super().build_become_command(cmd, shell)
        return f"/bin/sh -c {shlex.quote(f'echo {self.success}; {cmd}')}"
