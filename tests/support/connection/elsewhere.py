# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that is not local, to this same machine: a task over it takes the way of a module."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
name: elsewhere
short_description: The local machine, as if it were another
description:
  - For tests of what runs in a module process because the connection is not local.
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
version_added: 0.1.0
options: {}
"""


class Connection(Local):
    transport = "elsewhere"
