# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local connection that the collection takes for a foreign one, so that its tasks run as modules, each in a process."""

from __future__ import annotations

DOCUMENTATION = r"""
name: own_process
short_description: Local execution in a process for each task
description:
  - Runs on the machine of Ansible itself, as the connection C(local) does, but goes by another name.
author: The redis_enterprise.cluster maintainers
extends_documentation_fragment:
  - connection_pipelining
"""

from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = "own_process"
