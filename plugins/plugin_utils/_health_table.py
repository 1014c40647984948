# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a cluster's health as lines of text: a table of the nodes, the problems, and the verdict."""

from __future__ import annotations

import typing as t

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._api.cluster import ROLE_NAMES

Report = t.Mapping[str, t.Any]
_GIB = 2**30


def lines(report: Report) -> list[str]:
    """The lines of the report. Parts that are unknown are left out; the verdict is always there."""
    parts = [[_title(report)], _nodes(report), _problems(report), _unread(report), [verdict(report)]]
    shown: list[str] = []
    for part in parts:
        shown += [*([""] if shown and part else []), *part]
    return shown


def verdict(report: Report) -> str:
    """The verdict in one line."""
    if report.get("healthy") is None:
        return f"UNKNOWN: {_sentence(report.get('error') or 'the health could not be determined')}"
    counts = [_count(report, "error"), _count(report, "warning")]
    found = " and ".join(
        _plural(count, kind) for count, kind in zip(counts, ("error", "warning"), strict=True) if count
    )
    if not report["healthy"]:
        opening = f"NOT HEALTHY: {found or 'no reason given'}"
    else:
        opening = f"HEALTHY: {_plural(len(report.get('checks_run') or ()), 'check')} found {found or 'nothing wrong'}"
    waited = f" after {report['waited']:.0f} s of waiting" if (report.get("waited") or 0) >= 1 else ""
    return f"{opening}{waited}{_quorum(report)}."


def _title(report: Report) -> str:
    name = str(report.get("name") or "cluster")
    title = "Cluster" if name == "cluster" else f"Cluster {name}"
    release = f", release {report['release']}" if report.get("release") else ""
    return f"{title}{release}, {report['time']}" if report.get("time") else f"{title}{release}"


def _nodes(report: Report) -> list[str]:
    nodes = report.get("nodes") or []
    if not nodes:
        return []
    columns: dict[str, t.Callable[[t.Mapping[str, t.Any]], t.Any]] = {
        "node": lambda node: node["uid"],
        "address": lambda node: node["addr"],
        "role": lambda node: ROLE_NAMES.get(node["role"] or "", "-"),
        "status": lambda node: node["status"],
        "maintenance": _maintenance,
        "shards": lambda node: node["shard_count"],
        "primary": lambda node: node["primary_shard_count"],
        "endpoints": lambda node: len(node["endpoints"]),
        "memory for shards": _memory,
    }
    if any(node["rack_id"] for node in nodes):
        columns["rack"] = lambda node: node["rack_id"] or "-"
    if len({node["software_version"] for node in nodes}) > 1:
        columns["release"] = lambda node: node["software_version"] or "-"
    return table([list(columns), *([read(node) for read in columns.values()] for node in nodes)])


def _maintenance(node: t.Mapping[str, t.Any]) -> str:
    if node["in_maintenance"]:
        return "yes"
    return "no, but a snapshot" if node["stale_snapshot"] else "no"


def _memory(node: t.Mapping[str, t.Any]) -> str:
    free, total = node["free_provisional_ram"], node["total_provisional_ram"]
    if free is None:
        return "-"
    of = f" of {total / _GIB:.1f}" if total else ""
    return f"{free / _GIB:.1f}{of} GiB free"


def _problems(report: Report) -> list[str]:
    rows = [(each["severity"], each["check"], each["message"]) for each in report.get("problems") or []]
    return table([list(row) for row in dict.fromkeys(rows)])


def _unread(report: Report) -> list[str]:
    """Why the nodes are missing. Where the health itself is unknown, the verdict says why."""
    if report.get("healthy") is None or not report.get("error"):
        return []
    return [f"The nodes could not be read: {_sentence(report['error'])}"]


def table(rows: t.Sequence[t.Sequence[t.Any]]) -> list[str]:
    """Rows in columns; a column that holds a number is aligned to the right."""
    if not rows:
        return []
    right = [any(isinstance(row[column], int) for row in rows) for column in range(len(rows[0]))]
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(right))]
    aligned = (
        [
            f"{cell:>{width}}" if number else f"{cell:<{width}}"
            for cell, width, number in zip(row, widths, right, strict=True)
        ]
        for row in texts
    )
    return ["  ".join(row).rstrip() for row in aligned]


def _quorum(report: Report) -> str:
    quorum = report.get("quorum")
    if not quorum:
        return ""
    return f"; {quorum['in_service']} of {_plural(quorum['nodes'], 'node')} in service, {quorum['needed']} needed"


def _count(report: Report, severity: str) -> int:
    return sum(problem["severity"] == severity for problem in report.get("problems") or [])


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".") + "."
