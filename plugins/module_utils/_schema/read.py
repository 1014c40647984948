# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one object. A 404 alone is not trusted: absence must be confirmed by the list of all objects.

A 404 can come from something between here and the API. Believing it would create a duplicate, or report an object as
deleted that is still there.
"""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError, Failure
from .._core.waiter import Clock
from .desired import Desired
from .plan import pick
from .schema import Obj, Schema

if t.TYPE_CHECKING:  # the library that it needs may be missing, which the frame reports
    from .._http.client import Client

_GRACE = 5.0  # seconds in which list and object may still come to agree
_PAUSE = 0.5


class Reader:
    """Reads the object that is meant.

    C(identity_query) is the query for a list that shows at least uid and name. C(fields) are the fields to read of the
    object; without them it is read completely.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        desired: Desired,
        identity_query: t.Mapping[str, str] | None = None,
        fields: t.Sequence[str] = (),
    ) -> None:
        self._client = client
        self._clock = clock
        self._desired = desired
        self._path = desired.schema.path
        self._identity_query = identity_query
        self._params = {"extended": "true"} if desired.extended else {}
        if fields:
            self._params["fields"] = ",".join(fields)
        self.state_id: str | None = None  # of the cluster when all names were read last

    def read(self) -> Obj | None:
        """The object that is meant: one request by uid, two by name (all names, then the one)."""
        uid, name = self._desired.uid, self._desired.name
        found = self.find(uid) if uid is not None else None
        if found is not None and name in (None, found.get(self._desired.schema.name_field)):
            return found
        while True:
            response = self._client.get_list(self._path, self._identity_query)
            self.state_id = response.state_id
            picked = pick(self._desired, response.data)
            if picked is None or found is not None:
                return found
            found = self.find_listed(picked["uid"])
            if found is not None:
                return found

    def find(self, uid: t.Any) -> Obj | None:
        """The answer to one request for an object, None for a 404."""
        return t.cast("Obj | None", self._client.find(f"{self._path}/{uid}", self._params))

    def list_identities(self) -> list[Obj]:
        """All objects, each with at least uid and name."""
        return t.cast("list[Obj]", self._client.get_list(self._path, self._identity_query).data)

    def is_listed(self, uid: t.Any) -> bool:
        return any(str(obj.get("uid")) == str(uid) for obj in self.list_identities())

    def find_listed(self, uid: t.Any) -> Obj | None:
        """An object, or None where the list lacks it too; raises ApiError if the two go on to differ."""
        until = self._clock.now() + _GRACE
        while True:
            found = self.find(uid)
            if found is not None or not self.is_listed(uid):
                return found
            if self._clock.now() >= until:
                path = f"{self._path}/{uid}"
                raise ApiError(
                    f"The cluster lists {self._desired.label} (uid {uid}), but answers GET {path} with 404, so its "
                    "state is unknown. Does every url lead to the REST API itself (port 9443)?",
                    Failure(status=404, method="GET", path=path),
                )
            self._clock.sleep(_PAUSE)


def read_matching(
    client: Client,
    schema: Schema,
    name: str | None,
    uid: int | None,
    query: t.Mapping[str, str] | None = None,
) -> list[Obj]:
    """The objects of a name, of a uid, of both, or all of them, by uid. A 404 alone is not trusted here either."""
    one = None if uid is None else client.find(f"{schema.path}/{uid}", query)
    found = client.get_list(schema.path, query).data if one is None else [one]
    meant = [obj for obj in found if uid in (None, obj["uid"]) and name in (None, obj.get(schema.name_field))]
    return sorted(meant, key=lambda obj: int(obj["uid"]))
