# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registries: all actions of a node, and those of the cluster that the collection knows by more than their name."""

from __future__ import annotations

from .._action.registry import Registry
from .handover import ChangeMaster, EnslaveNode
from .maintenance import MaintenanceOff, MaintenanceOn
from .removal import Remove

NODE_ACTIONS = Registry(MaintenanceOn, MaintenanceOff, Remove, EnslaveNode)
CLUSTER_ACTIONS = Registry(ChangeMaster)
