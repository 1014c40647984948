# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of the nodes to remove: by uid, or by hosts with a pattern or a limit, and never simply all. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

SYNTHETIC = "node_removal_"  # begins the name of a host that is added for a uid
_SAY_WHICH = "node_removal_nodes with their uids, or hosts with node_removal_hosts or --limit"


@dataclasses.dataclass(frozen=True)
class Choice:
    """The hosts to add, with their uids; or why it is not clear which nodes are meant, as an id and as a sentence."""

    hosts: tuple[tuple[str, int], ...] = ()
    reason: str = ""
    refusal: str = ""

    def as_dict(self) -> dict[str, t.Any]:
        hosts = [{"name": name, "node_uid": uid, "synthetic": is_synthetic(name, uid)} for name, uid in self.hosts]
        return {"hosts": hosts, "reason": self.reason, "refusal": self.refusal}


def choose(
    nodes: t.Any, pattern: str | None, matching: t.Collection[str], limit: str | None, inventory: t.Mapping[str, t.Any]
) -> Choice:
    """The hosts for C(nodes), the uids as a list, one number or text with commas.

    C(matching) are the hosts of the pattern. C(inventory) has the redis_node_uid of every host that has one.
    """
    uids = uids_from(nodes)
    if uids and (pattern is not None or limit is not None):
        return Choice(reason="twice", refusal=f"Name the nodes to remove in one way only: {_SAY_WHICH}.")
    if not uids and limit is None and not matching:
        if pattern is not None:
            refusal = f"No host of the inventory matches node_removal_hosts ({pattern})."
            return Choice(reason="no_host", refusal=refusal)
        return Choice(reason="nothing", refusal=f"Name the nodes to remove: {_SAY_WHICH}.")
    by_uid = {uid: [name for name, own in inventory.items() if str(own).strip() == str(uid)] for uid in uids}
    several = [name for names in by_uid.values() if len(names) > 1 for name in names]
    if several:
        return Choice(
            reason="several",
            refusal=f"Several hosts of the inventory have the same redis_node_uid: {', '.join(several)}. Name the "
            "hosts with node_removal_hosts or --limit.",
        )
    return Choice(tuple((names[0] if names else f"{SYNTHETIC}{uid}", uid) for uid, names in by_uid.items()))


def uids_from(nodes: t.Any) -> list[int]:
    """Each uid once; raises ValueError for what is no whole number."""
    items = nodes.split(",") if isinstance(nodes, str) else nodes if isinstance(nodes, (list, tuple)) else [nodes]
    texts = [str(item).strip() for item in items if item is not None]
    return list(dict.fromkeys(int(text) for text in texts if text))


def is_synthetic(name: str, uid: t.Any) -> bool:
    """Whether a host was added for a uid, so that nothing can run on it."""
    return name == f"{SYNTHETIC}{uid}"
