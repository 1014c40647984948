# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one database. That it is not there is believed only where the list of all databases says so too.

A 404 alone can come from something between here and the API; and who believes it makes a second database of the name,
or says that one is gone which is not.
"""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError, Failure
from .._core.waiter import Clock
from . import plan as _bdb_plan
from .plan import Bdb, Desired

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

NAMES: t.Mapping[str, str] = {"fields": "uid,name,status"}  # the query for which databases there are
_GRACE = 5.0  # seconds in which the two may still come to agree
_PAUSE = 0.5


class Reader:
    """Reads the database that is meant. C(names) are the fields to read; without them it is the whole object."""

    def __init__(self, client: Client, clock: Clock, desired: Desired, names: t.Sequence[str] = ()) -> None:
        self._client = client
        self._clock = clock
        self._desired = desired
        self._params = {"extended": "true"} if desired.extended else {}
        if names:
            self._params["fields"] = ",".join(names)
        self.state_id: str | None = None  # of the cluster when all names were read last

    def look(self) -> Bdb | None:
        """The database that is meant: one request by uid, two by name (all names, then the one)."""
        uid, name = self._desired.uid, self._desired.name
        found = self.find(uid) if uid is not None else None
        if found is not None and name in (None, found.get("name")):
            return found
        while True:
            response = self._client.get_list("/v1/bdbs", NAMES)
            self.state_id = response.state_id
            picked = _bdb_plan.pick(self._desired, response.data)
            if picked is None or found is not None:
                return found
            found = self.believed(picked["uid"])
            if found is not None:
                return found

    def find(self, uid: t.Any) -> Bdb | None:
        """The answer to one request for a database, None for a 404."""
        return t.cast("Bdb | None", self._client.find(f"/v1/bdbs/{uid}", self._params))

    def is_listed(self, uid: t.Any) -> bool:
        return any(str(bdb.get("uid")) == str(uid) for bdb in self._client.get_list("/v1/bdbs", NAMES).data)

    def believed(self, uid: t.Any) -> Bdb | None:
        """A database, or None where the list has it no more either; raises ApiError if the two go on to differ."""
        until = self._clock.now() + _GRACE
        while True:
            found = self.find(uid)
            if found is not None or not self.is_listed(uid):
                return found
            if self._clock.now() >= until:
                path = f"/v1/bdbs/{uid}"
                raise ApiError(
                    f"The cluster lists {self._desired.label} (uid {uid}), but answers GET {path} with 404, so that "
                    "nobody can say what it is like. Does every url lead to the REST API itself (port 9443)?",
                    Failure(status=404, method="GET", path=path),
                )
            self._clock.sleep(_PAUSE)
