# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a cluster: all chosen checks on what was read, and the sentences about their problems."""

from __future__ import annotations

import typing as t

from .._api.cluster import Node
from .checks import CHECKS
from .facts import ERROR, WARNING, Criteria, Facts, Finding, Problem
from .registry import Check

_MOST_LINES = 10  # of errors, and of warnings, in the message of a failure


def find_problems(facts: Facts, criteria: Criteria) -> list[Problem]:
    """The problems that the chosen checks find, errors first, otherwise in the order of the checks."""
    found = []
    for name in criteria.checks:
        check = CHECKS[name]
        severity = criteria.severities.get(name)
        found += [
            Problem(each.source, each.object, severity or each.severity or check.severity, each.message, name)
            for each in _findings(check, facts, criteria)
        ]
    return sorted(found, key=lambda problem: (problem.severity != ERROR, criteria.checks.index(problem.check)))


def _findings(check: Check, facts: Facts, criteria: Criteria) -> list[Finding]:
    """What a check finds, or that it cannot be made because something it needs could not be read."""
    unread = [facts.unread[name].finding() for name in check.needs if name in facts.unread]
    return unread or list(check.find(facts, criteria))


def is_healthy(found: t.Iterable[Problem]) -> bool:
    return not any(problem.severity == ERROR for problem in found)


def status_line(found: t.Sequence[Problem]) -> str:
    """The first error and how many more there are: what an operator reads while the task waits."""
    first, *others = dict.fromkeys(problem.message.rstrip(".") for problem in found if problem.severity == ERROR)
    return f"{first} (and {len(others)} more)" if others else first


def failure_message(found: t.Sequence[Problem], waited: float = 0.0, node: Node | None = None) -> str:
    """The message of a failure: a line for each error and then each warning, with the check that found it."""
    after = f" after {waited:.0f} s of waiting" if waited >= 1 else ""
    shown = [f"{_opening(found, node)}{after}:", *_lines(found, ERROR, "errors")]
    warnings = _lines(found, WARNING, "warnings")
    return "\n".join([*shown, "Warnings:", *warnings] if warnings else shown)


def _opening(found: t.Iterable[Problem], node: Node | None) -> str:
    failed = [CHECKS[problem.check] for problem in found if problem.severity == ERROR]
    if node is None or not all(check.about_node for check in failed):
        return "The cluster is not healthy"
    if all(check.on_request for check in failed):
        return f"Node {node.uid} ({node.addr}) is not drained and must not be stopped"
    return f"The cluster cannot do without node {node.uid} ({node.addr})"


def _lines(found: t.Iterable[Problem], severity: str, plural: str) -> list[str]:
    by_message = {problem.message: problem.check for problem in found if problem.severity == severity}
    lines = [f"{check}: {message}" for message, check in by_message.items()]
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], f"and {more} more {plural}, see problems in the result"] if more > 0 else lines
