# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts of the cluster, its nodes and its databases: which are on, in the two shapes in which the API shows them.

The names of the cluster's alerts and the shape of one are those of a captured answer, the other names those of the
reference. As in the capture an alert that is not enabled shows its true state; the reference says that it is false.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from . import capacity
from .cluster import Cluster
from .cluster_object import alert_settings
from .model import STORAGE, Node
from .objects import license_object

CLUSTER = (
    "cluster_ca_cert_about_to_expire",
    "cluster_certs_about_to_expire",
    "cluster_even_node_count",
    "cluster_flash_overcommit",
    "cluster_inconsistent_rl_sw",
    "cluster_internal_bdb",
    "cluster_license_about_to_expire",
    "cluster_multiple_nodes_down",
    "cluster_ocsp_query_failed",
    "cluster_ocsp_status_revoked",
    "cluster_ram_overcommit",
    "cluster_too_few_nodes_for_replication",
)
NODE = (
    "node_aof_slow_disk_io",
    "node_checks_error",
    "node_cpu_utilization",
    "node_ephemeral_storage",
    "node_failed",
    "node_free_flash",
    "node_insufficient_disk_aofrw",
    "node_internal_certs_about_to_expire",
    "node_memory",
    "node_net_throughput",
    "node_persistent_storage",
)
BDB = (
    "bdb_backup_delayed",
    "bdb_high_latency",
    "bdb_high_throughput",
    "bdb_long_running_action",
    "bdb_low_throughput",
    "bdb_size",
)
NAMES = {"cluster": CLUSTER, "node": NODE, "bdb": BDB}
_MEMORY_THRESHOLD = 70


def cluster_alerts(cluster: Cluster) -> dict[str, dict[str, Any]]:
    down = [node.uid for node in cluster.nodes.values() if node.seen_down]
    states = {
        "cluster_even_node_count": len(cluster.nodes) % 2 == 0,
        "cluster_license_about_to_expire": _days_left(cluster) < _threshold(cluster, "cluster_license_about_to_expire"),
        "cluster_multiple_nodes_down": len(down) > 1,
        "cluster_too_few_nodes_for_replication": len(cluster.nodes) < 2,
    }
    return _alerts(cluster, "cluster", 0, states)


def node_alerts(cluster: Cluster, node: Node) -> dict[str, dict[str, Any]]:
    used = 100 * (1 - capacity.free_ram(cluster, node) / node.total_memory) if node.total_memory else 0.0
    states = {
        "node_checks_error": not node.alive,
        "node_ephemeral_storage": _disk_used(node.ephemeral_free) >= _threshold(cluster, "node_ephemeral_storage"),
        "node_failed": node.seen_down,
        "node_memory": used >= _MEMORY_THRESHOLD,
        "node_persistent_storage": _disk_used(node.persistent_free) >= _threshold(cluster, "node_persistent_storage"),
    }
    return _alerts(cluster, "node", node.uid, states)


def bdb_alerts(cluster: Cluster, bdb_uid: int) -> dict[str, dict[str, Any]]:
    return _alerts(cluster, "bdb", bdb_uid, {})


def active(alerts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """As /v4/cluster/health lists them: those that are enabled and on."""
    return [
        {
            "active_since": alert["change_time"],
            "name": name,
            "severity": alert["severity"],
            "threshold": alert["change_value"].get("global_threshold", ""),
        }
        for name, alert in alerts.items()
        if alert["enabled"] and alert["state"]
    ]


def _days_left(cluster: Cluster) -> float:
    """Until the licence expires; a date that a test has made unreadable is far away."""
    try:
        until = datetime.fromisoformat(license_object(cluster)["expiration_date"])
        return (until - datetime.now(UTC)) / timedelta(days=1)
    except (TypeError, ValueError):
        return math.inf


def _disk_used(free: float) -> float:
    return 100 * (1 - free / STORAGE)


def _threshold(cluster: Cluster, name: str) -> float:
    setting = alert_settings(cluster).get(name)
    return float(setting["threshold"]) if isinstance(setting, dict) else 100.0


def _alerts(cluster: Cluster, kind: str, uid: int, states: dict[str, bool]) -> dict[str, dict[str, Any]]:
    settings = alert_settings(cluster)
    extra = [name for known, owner, name in cluster.alert_overlay if (known, owner) == (kind, uid)]
    found = {}
    for name in dict.fromkeys([*NAMES[kind], *extra]):
        setting = settings.get(name, False)
        state = states.get(name, False)
        value: dict[str, Any] = {"state": state}
        if isinstance(setting, dict):
            value["global_threshold"] = setting.get("threshold", "")
        alert = {
            "change_time": cluster.created,
            "change_value": value,
            "enabled": setting.get("enabled", True) if isinstance(setting, dict) else bool(setting),
            "severity": "WARNING" if state else "INFO",
            "state": state,
        }
        found[name] = {**alert, **cluster.alert_overlay.get((kind, uid, name), {})}
    return found
