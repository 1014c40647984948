# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter bdb_set_lines."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bdb_set_lines
short_description: A summary of what redis_bdb_set has done, as lines of text
version_added: 0.1.0
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
description:
  - Names the databases that were created, changed, deleted, that failed, and that were not tried, a line for each kind,
    and counts those that were not changed. Of changes it names the fields and never the values.
  - The role P(redis_enterprise.cluster.databases#role) shows its result this way.
options:
  _input:
    description: The C(results) of M(redis_enterprise.cluster.redis_bdb_set).
    type: list
    elements: dict
    required: true
  check_mode:
    description: Whether they were predicted only.
    type: bool
    default: false
seealso:
  - module: redis_enterprise.cluster.redis_bdb_set
"""

EXAMPLES = r"""
- name: Reconcile two databases
  redis_enterprise.cluster.redis_bdb_set:
    databases:
      - name: orders
        memory_size: 2GB
      - name: carts
        memory_size: 1GB
  register: done

- name: Show what has changed
  ansible.builtin.debug:
    msg: "{{ done.results | redis_enterprise.cluster.bdb_set_lines(check_mode=ansible_check_mode) }}"

# "created: carts", "changed: orders (memory_size)", "unchanged: 0"
"""

RETURN = r"""
_value:
  description: The lines, without those that would name nothing.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

_Results = t.Sequence[t.Mapping[str, t.Any]]


def bdb_set_lines(results: _Results, check_mode: bool = False) -> list[str]:
    try:
        return list(_lines(results, "would be " if check_mode else ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise AnsibleFilterError(
            f"bdb_set_lines needs the results of redis_bdb_set as they are: {type(error).__name__} {error}."
        ) from error


def _lines(results: _Results, would: str) -> t.Iterator[str]:
    changed = [each for each in results if each["changed"]]
    created = [each for each in changed if not each["diff"]["before"]]
    deleted = [each for each in changed if not each["diff"]["after"]]
    kinds = {
        f"{would}created": [each["name"] for each in created],
        f"{would}changed": [
            f"{each['name']} ({', '.join(each['changes'])})"
            for each in changed
            if each["diff"]["before"] and each["diff"]["after"]
        ],
        f"{would}deleted": [each["name"] for each in deleted],
        "failed": [each["name"] for each in results if each["failed"]],
        "not tried": [each["name"] for each in results if each["skipped"]],
    }
    for kind, names in kinds.items():
        if names:
            yield f"{kind}: {', '.join(map(str, names))}"
    unchanged = [each for each in results if not (each["changed"] or each["failed"] or each["skipped"])]
    yield f"unchanged: {len(unchanged)}"


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., list[str]]]:
        return {"bdb_set_lines": bdb_set_lines}
