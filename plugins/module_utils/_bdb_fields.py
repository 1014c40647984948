# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a BDB object: one row for each. Argument spec, comparison and redaction all read this table.

Source: the vendor's reference of the BDB object, and objects returned by real clusters.
"""

from __future__ import annotations

import dataclasses
import enum
import re
import typing as t

from ._errors import InvalidInput

MASK = "********"
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4, "P": 1024**5}
_SIZE = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtp]?)i?b?\s*$", re.IGNORECASE)
_ALL_MASKED = re.compile(r"^\*+$")


class Settable(enum.Enum):
    """When a field takes a value."""

    ALWAYS = "always"
    AT_CREATION = "at creation"
    NEVER = "never"  # the cluster sets it


class Compare(enum.Enum):
    """How a wanted value is held against the one that GET returns."""

    PLAIN = "plain"  # equal, once numbers in strings are numbers
    SIZE = "size"  # bytes in any spelling: 1GB, 1073741824, "1gb"
    PORT = "port"  # GET says 0 when the cluster chose the port; the endpoints have the real one
    BY_KEY = "by key"  # a set of objects with an identifying member; only the members supplied count
    INCLUDES = "includes"  # the same, and the cluster may add objects: databases of Redis 8 bring modules unasked
    UNORDERED = "unordered"
    VERSION = "version"  # 7.2 is met by 7.2.4
    SECRET = "secret"


@dataclasses.dataclass(frozen=True)
class Field:
    """One field. C(option) is its argument spec when C(redis_bdb) has a typed option for it."""

    name: str
    option: t.Mapping[str, t.Any] | None = None
    settable: Settable = Settable.ALWAYS
    compare: Compare = Compare.PLAIN
    default: t.Any = None  # what a field that is absent in GET stands for
    key: str = ""  # identifying member, with Compare.BY_KEY and Compare.INCLUDES
    way_out: str = ""  # what to do when a create-only field differs

    @property
    def secret(self) -> bool:
        return self.compare is Compare.SECRET


def _choice(*choices: str) -> dict[str, t.Any]:
    return {"type": "str", "choices": list(choices)}


def _list_of(**options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"type": "list", "elements": "dict", "options": options}


_BOOL: t.Mapping[str, t.Any] = {"type": "bool"}
_INT: t.Mapping[str, t.Any] = {"type": "int"}
_STR: t.Mapping[str, t.Any] = {"type": "str"}
_REQUIRED_STR: dict[str, t.Any] = {"type": "str", "required": True, "no_log": False}
_REQUIRED_INT: dict[str, t.Any] = {"type": "int", "required": True}
_RECREATE = "It is set once, at creation: create a new database with it and move the data, or leave the option out."
_UPGRADE = "It changes only by an upgrade of the database (rladmin upgrade db): leave the option out or upgrade first."

_ROWS = (
    Field("name", _STR),
    Field("uid", _INT, Settable.AT_CREATION, way_out=_RECREATE),
    Field("type", _choice("redis", "memcached"), Settable.AT_CREATION, default="redis", way_out=_RECREATE),
    Field("memory_size", _STR, compare=Compare.SIZE, default=0),
    Field("replication", _BOOL, default=False),
    Field("sharding", _BOOL, default=False),
    Field("shards_count", _INT, default=1),
    Field("shard_key_regex", {**_list_of(regex=_REQUIRED_STR), "no_log": False}, default=()),
    Field("shards_placement", _choice("dense", "sparse"), default="dense"),
    Field("oss_cluster", _BOOL, default=False),
    Field("proxy_policy", _choice("single", "all-master-shards", "all-nodes")),
    Field("port", _INT, Settable.AT_CREATION, Compare.PORT, way_out=_RECREATE),
    Field("data_persistence", _choice("disabled", "aof", "snapshot"), default="disabled"),
    Field("aof_policy", _choice("appendfsync-every-sec", "appendfsync-always"), default="appendfsync-every-sec"),
    Field(
        "snapshot_policy",
        _list_of(secs=_REQUIRED_INT, writes=_REQUIRED_INT),
        compare=Compare.UNORDERED,
        default=(),
    ),
    Field(
        "eviction_policy",
        _choice(
            "volatile-lru",
            "volatile-ttl",
            "volatile-random",
            "allkeys-lru",
            "allkeys-random",
            "noeviction",
            "volatile-lfu",
            "allkeys-lfu",
        ),
        default="volatile-lru",
    ),
    Field("authentication_redis_pass", {"type": "str", "no_log": True}, compare=Compare.SECRET, default=""),
    Field("tls_mode", _choice("enabled", "disabled", "replica_ssl"), default="disabled"),
    Field("rack_aware", _BOOL, default=False),
    Field("slave_ha", _BOOL),
    Field("max_connections", _INT, default=0),
    Field(
        "module_list",
        _list_of(module_name=_REQUIRED_STR, module_args={"type": "str"}),
        Settable.AT_CREATION,
        Compare.INCLUDES,
        default=(),
        key="module_name",
        way_out=_RECREATE,
    ),
    Field("tags", _list_of(key=_REQUIRED_STR, value=_REQUIRED_STR), compare=Compare.BY_KEY, default=(), key="key"),
    Field("redis_version", _STR, Settable.AT_CREATION, Compare.VERSION, way_out=_UPGRADE),
    # Reached through config only, but compared or hidden with care.
    Field("version", None, Settable.AT_CREATION, Compare.VERSION, way_out=_UPGRADE),
    Field("replica_read_only", None, Settable.AT_CREATION, default=False, way_out=_RECREATE),
    Field("crdt", None, Settable.AT_CREATION, default=False, way_out=_RECREATE),
    Field("active_defrag_ignore_bytes", None, compare=Compare.SIZE, default="100mb"),
    Field("max_aof_file_size", None, compare=Compare.SIZE),
    Field("bigstore_ram_size", None, compare=Compare.SIZE, default=0),
    Field("authentication_admin_pass", None, compare=Compare.SECRET),
    Field("authentication_sasl_pass", None, compare=Compare.SECRET, default=""),
    *(
        Field(name, None, Settable.NEVER)
        for name in (
            "action_uid",
            "background_op",
            "backup_failure_reason",
            "backup_progress",
            "backup_status",
            "created_time",
            "endpoints",
            "export_failure_reason",
            "export_progress",
            "export_status",
            "import_failure_reason",
            "import_progress",
            "import_status",
            "internal",
            "last_changed_time",
            "shard_list",
            "status",
            "topology_epoch",
        )
    ),
)

FIELDS: t.Mapping[str, Field] = {row.name: row for row in _ROWS}

# Members that hold credentials inside nested objects: backup locations, replica sources, certificates' keys.
_SECRET_MEMBERS = frozenset(
    {
        "access_key_id",
        "secret_access_key",
        "account_key",
        "password",
        "private_key",
        "client_email_private_key",
        "key_passphrase",
        "sas_token",
        "authentication_token",
    }
)
_URI_CREDENTIALS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/@\s:]*):(?P<password>[^/@\s]+)@", re.IGNORECASE
)


def field(name: str) -> Field:
    """The row of a field; fields of newer releases than this table are plain and settable."""
    return FIELDS.get(name) or Field(name, compare=Compare.SECRET if name.endswith("_pass") else Compare.PLAIN)


def argument_spec() -> dict[str, t.Any]:
    """The typed options of C(redis_bdb)."""
    return {row.name: dict(row.option) for row in _ROWS if row.option is not None}


def size_in_bytes(value: t.Any, name: str) -> int:
    """Bytes of C(1GB), C(1.5 GiB), C("1073741824") or a number; units are powers of 1024."""
    match = _SIZE.match(str(value))
    if not match:
        raise InvalidInput(f"{name} must be a size such as 1073741824, 512MB or 1GB, not {value!r}.")
    return (
        int(float(match[1]) * _UNITS[match[2].upper()]) if "." in match[1] else int(match[1]) * _UNITS[match[2].upper()]
    )


def wire_value(name: str, value: t.Any) -> t.Any:
    """The value as the API takes it: sizes as integers, members that were left out of a sub-object dropped."""
    row = field(name)
    if row.compare is Compare.SIZE and name != "active_defrag_ignore_bytes":
        return size_in_bytes(value, name)
    if isinstance(value, list):
        return [
            {key: member for key, member in item.items() if member is not None} if isinstance(item, dict) else item
            for item in value
        ]
    return value


def equal(name: str, wanted: t.Any, bdb: t.Mapping[str, t.Any]) -> bool:
    """Whether the database already has the wanted value. A field that GET leaves out has its default."""
    row = field(name)
    current = bdb.get(name)
    if current is None:
        current = list(row.default) if isinstance(row.default, tuple) else row.default
    if row.compare is Compare.SIZE:
        return current is not None and size_in_bytes(current, name) == size_in_bytes(wanted, name)
    if row.compare is Compare.PORT:
        return int(wanted) in (_whole(current), *endpoint_ports(bdb))
    if row.compare is Compare.VERSION:
        return _version_met(str(wanted), bdb)
    if row.compare in (Compare.BY_KEY, Compare.INCLUDES):
        return _same_objects(row, wanted, current or [])
    if row.compare is Compare.UNORDERED:
        return sorted(map(repr, map(_plain, wanted))) == sorted(map(repr, map(_plain, current or [])))
    return bool(_plain(wanted) == _plain(current))


def readable(value: t.Any) -> bool:
    """Whether a secret that GET returned can be compared: not blank, and not masked by the cluster."""
    return isinstance(value, str) and value != "" and not _ALL_MASKED.match(value)


def endpoint_ports(bdb: t.Mapping[str, t.Any]) -> tuple[int, ...]:
    """The ports on which the database really listens."""
    return tuple(int(each["port"]) for each in bdb.get("endpoints") or [] if each.get("port"))


def redact(value: t.Any, name: str = "") -> t.Any:
    """A copy without passwords, keys and credentials in URIs, however deep they lie."""
    if value and (field(name).secret or name in _SECRET_MEMBERS):
        return MASK
    if isinstance(value, dict):
        return {key: redact(member, str(key)) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(member) for member in value]
    if isinstance(value, str):
        return _URI_CREDENTIALS.sub(rf"\g<scheme>\g<user>:{MASK}@", value)
    return value


def secrets_in(value: t.Any, name: str = "") -> t.Iterator[str]:
    """Every secret string in options or an object, however deep it lies."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from secrets_in(member, str(key))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from secrets_in(member, name)
    elif isinstance(value, str) and value and (field(name).secret or name in _SECRET_MEMBERS):
        yield value
    elif isinstance(value, str):
        yield from (match["password"] for match in _URI_CREDENTIALS.finditer(value))


def _version_met(wanted: str, bdb: t.Mapping[str, t.Any]) -> bool:
    have = [str(bdb[name]) for name in ("redis_version", "version") if bdb.get(name)]
    return any(each == wanted or each.startswith(wanted + ".") for each in have)


def _same_objects(row: Field, wanted: t.Sequence[t.Any], current: t.Sequence[t.Any]) -> bool:
    have = {str(item.get(row.key)): item for item in current}
    asked = {str(item.get(row.key)) for item in wanted}
    if asked - set(have) or (row.compare is Compare.BY_KEY and asked != set(have)):
        return False
    return all(
        _plain(member) == _plain(have[str(item[row.key])].get(key, ""))
        for item in wanted
        for key, member in item.items()
        if member is not None
    )


def _plain(value: t.Any) -> t.Any:
    """One spelling for values that the API spells in several ways."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        number = _whole(value)
        return value if number is None else number
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in sorted(value.items()) if member is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return value


def _whole(value: t.Any) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text) else None
