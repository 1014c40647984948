# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter health_lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_lines
short_description: The report of a cluster's health as lines of text
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Turns the results of M(redis_enterprise.cluster.redis_health_info) and
    M(redis_enterprise.cluster.redis_node_info) into a report for people. The nodes are in a table, then come the
    problems, errors first, and then the verdict.
  - The role P(redis_enterprise.cluster.health_check#role) shows its report this way.
options:
  _input:
    description:
      - The results of both modules in one dictionary. Parts that are missing are left out.
      - C(healthy) is null, or missing, if the health is unknown. C(error) says what could not be read.
      - C(name) and C(time) are shown in the title.
    type: dict
    required: true
seealso:
  - module: redis_enterprise.cluster.redis_health_info
  - module: redis_enterprise.cluster.redis_node_info
"""

EXAMPLES = r"""
- name: Assess the health of the cluster
  redis_enterprise.cluster.redis_health_info:
  register: health

- name: Read its nodes
  redis_enterprise.cluster.redis_node_info:
  register: cluster

- name: Show both
  ansible.builtin.debug:
    msg: "{{ cluster | combine(health) | redis_enterprise.cluster.health_lines }}"

# "node  address    role     status  maintenance  shards  primary  endpoints  memory for shards",
# "   1  127.0.0.1  primary  active  no                2        2          1  13.4 of 13.6 GiB free",
# "   2  127.0.0.2  replica  active  no                2        0          0  13.4 of 13.6 GiB free",
# "",
# "HEALTHY: 10 checks found nothing wrong; 2 of 2 nodes in service, 2 needed."
"""

RETURN = r"""
_value:
  description: The lines; the last one is the verdict, which begins with V(HEALTHY), V(NOT HEALTHY) or V(UNKNOWN).
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.redis_enterprise.cluster.plugins.plugin_utils import _health_table


def health_lines(report: t.Any) -> list[str]:
    if not isinstance(report, t.Mapping):
        raise AnsibleFilterError("health_lines needs a dictionary with the results of redis_health_info.")
    try:
        return _health_table.lines(report)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnsibleFilterError(
            "health_lines needs the results of redis_health_info and redis_node_info as they are: "
            f"{type(error).__name__} {error}."
        ) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[[t.Any], list[str]]]:
        return {"health_lines": health_lines}
