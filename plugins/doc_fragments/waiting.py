# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options for waiting; the code is in module_utils/_core/waiter.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the operation has ended and the cluster shows what was asked for.
      - With V(false) the task ends as soon as the cluster has accepted the request; what was accepted can still fail.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds for which is waited. When they are over, the task fails and says what was seen last.
    type: float
  wait_interval:
    description:
      - The longest pause between two polls, in seconds.
      - The pause is a tenth of the time waited so far, at least 0.1 seconds and at most this.
    type: float
    default: 5.0
  progress:
    description:
      - Whether to show, while waiting, a line whenever something has moved, at most one in a second, such as
        C(node:2 maintenance_on 40% · 3 shards left · 1m12s).
      - Where the task runs on another host or with C(become), the module writes the lines to a file in that host's
        C(remote_tmp), from where they are read while it runs. A host on which that is not possible shows none.
      - A task with C(async) or C(no_log) shows none.
    type: bool
    default: true
"""
