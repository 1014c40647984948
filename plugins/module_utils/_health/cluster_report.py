# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster's own health report (8.0.16 and later) adds to the other checks, without repeating them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._api.cluster import Cluster
from .facts import ERROR, WARNING, Criteria, Finding, database_name, inner

SOURCE = "/v4/cluster/health"


@dataclasses.dataclass
class _Reading:
    """One reading of the report. C(explained) is set once a cause of its overall status has been seen."""

    cluster: Cluster
    report: t.Mapping[str, t.Any]
    criteria: Criteria
    explained: bool = False

    def findings(self) -> list[Finding]:
        found = [*self._nodes(), *self._databases(), *self._license(), *self._certificates()]
        found += _alerts(self.report, "cluster", "the cluster")
        return [*found, *self._status(found)]

    def _nodes(self) -> t.Iterator[Finding]:
        for each in _dicts(self.report.get("nodes")):
            uid, status, detail = _to_int(each.get("id")), each.get("status"), each.get("detailed_status")
            what, named = f"node {each.get('id')}", f"node {each.get('id')}"
            down = "down" in (status, detail)
            allowed = bool(each.get("in_maintenance")) and uid in self.criteria.allow_in_maintenance
            leaving = detail == "decommissioning" and uid in self.criteria.allow_decommissioning
            if (allowed or leaving) and not down:
                self.explained = True
            elif down or detail not in (None, "active"):
                node = self.cluster.node(uid) if uid is not None else None
                self.explained = True
                if not self.criteria.covers("nodes") or node is None or node.alive:
                    yield _finding(what, ERROR, f"{named} as {_states(status, detail)}")
            elif status not in (None, "active"):
                yield _finding(what, WARNING, f"{named} as {_states(status, detail)}")
            stopped = [f"{each['name']} ({each.get('status')})" for each in _not_running(each.get("services"))]
            if stopped:
                yield _finding(what, WARNING, f"that services do not run on {named}: {', '.join(stopped)}")
            yield from _alerts(each, what, named)

    def _databases(self) -> t.Iterator[Finding]:
        for each in _dicts(self.report.get("database_infos")):
            uid, status, detail = _to_int(each.get("id")), each.get("status"), each.get("detailed_status")
            database = self.cluster.database(uid) if uid is not None else None
            what = f"database {each.get('id')}"
            named = inner(database_name(database)) if database else what
            if status == "down" or detail not in (None, "active"):
                self.explained = True
                if not self.criteria.covers("databases") or database is None or database.status == "active":
                    yield _finding(what, ERROR, f"{named} as {_states(status, detail)}")
            elif status not in (None, "active"):
                yield _finding(what, WARNING, f"{named} as {_states(status, detail)}")
            if (each.get("high_availability") or {}).get("status") == "down":
                yield _finding(what, WARNING, f"the high availability of {named} as down")

    def _license(self) -> t.Iterator[Finding]:
        if (self.report.get("license") or {}).get("expired"):
            self.explained = True
            if not self.criteria.covers("license"):
                yield _finding("license", ERROR, "the license as expired")

    def _certificates(self) -> t.Iterator[Finding]:
        for each in _dicts(self.report.get("certificates")):
            if each.get("expired"):
                kind = each.get("type") or "unknown"
                yield _finding(f"certificate {kind}", WARNING, f"the certificate {kind} as expired")

    def _status(self, found: t.Sequence[Finding]) -> t.Iterator[Finding]:
        """The overall status, only where nothing else in the report explains it."""
        status = self.report.get("status")
        if status in (None, "ok") or self.explained:
            return
        if status == "error" and not any(each.severity == ERROR for each in found):
            yield _finding("cluster", ERROR, "the status error" + ("" if found else ", and no cause of it"))
        elif status != "error" and not found:
            yield _finding("cluster", WARNING, f"the status {status}, and no cause of it")


def report_findings(cluster: Cluster, report: t.Mapping[str, t.Any], criteria: Criteria) -> list[Finding]:
    """Problems that the report shows; alerts are warnings. What another check covers is left out."""
    return _Reading(cluster, report, criteria).findings()


def _finding(about: str, severity: str, shown: str) -> Finding:
    return Finding(SOURCE, about, f"The health report shows {shown}.", severity)


def _alerts(holder: t.Mapping[str, t.Any], what: str, named: str) -> t.Iterator[Finding]:
    for alert in _dicts(holder.get("active_alerts")):
        since = f" since {alert['active_since']}" if alert.get("active_since") else ""
        yield _finding(what, WARNING, f"the alert {alert.get('name') or 'unknown'} on {named}{since}")


def _not_running(services: t.Any) -> list[t.Mapping[str, t.Any]]:
    return [each for each in _dicts(services) if each.get("name") and str(each.get("status")).upper() != "RUNNING"]


def _states(status: t.Any, detail: t.Any) -> str:
    return " / ".join(dict.fromkeys(str(each) for each in (status, detail) if each))


def _dicts(items: t.Any) -> list[t.Mapping[str, t.Any]]:
    return [each for each in items or [] if isinstance(each, dict)]


def _to_int(value: t.Any) -> int | None:
    return int(value) if str(value).isdigit() else None
