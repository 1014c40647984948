# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hash slots: which of the 16384 slots a key lies in, and which shard serves it."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Sequence

from .base import Route

SLOT_COUNT = 16384


def key_slot(key: bytes) -> int:
    """CRC16 of the key, or of what stands between its first braces unless that is empty."""
    opening = key.find(b"{")
    if opening >= 0:
        closing = key.find(b"}", opening + 1)
        if closing > opening + 1:
            key = key[opening + 1 : closing]
    return crc_hqx(key, 0) % SLOT_COUNT


def gap_in_routes(routes: Sequence[Route]) -> str:
    """A sentence when the routes do not cover every slot exactly once, else an empty string."""
    expected = 0
    for route in sorted(routes, key=lambda r: r.first_slot):
        if route.first_slot != expected or route.last_slot < route.first_slot:
            return f"Routes must cover slots 0 to {SLOT_COUNT - 1} once each; slot {expected} is not served once."
        expected = route.last_slot + 1
    if expected != SLOT_COUNT:
        return f"Routes must cover slots 0 to {SLOT_COUNT - 1} once each; slot {expected} is not served once."
    return ""


def slot_table(routes: Sequence[Route]) -> list[int]:
    """The shard uid of each slot."""
    table = [0] * SLOT_COUNT
    for route in routes:
        table[route.first_slot : route.last_slot + 1] = [route.shard_uid] * (route.last_slot - route.first_slot + 1)
    return table
