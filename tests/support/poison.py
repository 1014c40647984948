# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the operations of databases crash with all secrets in the error, as a mistake in the collection might."""

from __future__ import annotations

import typing as t
from unittest import mock


def poison() -> None:
    """In this process, and in those that it forks."""
    from ansible_collections.redis_enterprise.cluster.plugins.module_utils._http.client import Client
    from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema import plan

    def crash_with_options(desired: t.Any, _current: t.Any) -> None:
        raise RuntimeError(f"poisoned: {desired.values}")

    def crash_with_password(client: t.Any, path: str, params: t.Any = None) -> t.Any:
        if not params or "extended" in params:  # as redis_bdb_info asks
            raise RuntimeError(f"poisoned: {client._connection} {client._connection.password}")
        return read(client, path, params)

    read = Client.get_list
    mock.patch.object(plan, "refuse_renamed", crash_with_options).start()  # every plan begins with it
    mock.patch.object(Client, "get_list", crash_with_password).start()
