# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutators of one value within a JSON answer, and of what kind the change is that they made."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]
MISSING = object()  # the member is taken away, or was never there

# Tokens that the encoder cannot write: they stand in the answer in place of these texts.
_DEEP = 500  # levels: the decoder can just read it, and what follows it down may not
RAW = {
    "@@deep list@@": "[" * _DEEP + "]" * _DEEP,
    "@@large exponent@@": "1e999",
    "@@long number@@": "9" * 5000,
}
# In place of any value.
_CONSTANTS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "0": 0,
    "-1": -1,
    "1.5": 1.5,
    "huge number": 10**30,
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
    "empty text": "",
    "blank text": "  ",
    "unknown word": "frobnicated",
    "text null": "null",
    "lone surrogate": "\ud800",
    "control characters": "\x1b[2J\r\n\x00x",
    "very long text": "x" * 20_000,
    "empty list": [],
    "empty object": {},
    "list of null": [None],
    "list of lists": [[]],
    "object of nonsense": {"frobnicated": 1},
    **{token.strip("@"): token for token in RAW},
}


def names_for(value: Any, path: Path) -> list[str]:
    """The mutators that make sense for a value at this place."""
    found = [*_CONSTANTS, "in a list", "in an object"]
    found += ["taken away"] if path and isinstance(path[-1], str) else []
    if isinstance(value, bool):
        found += ["as text", "as number", "the other"]
    elif isinstance(value, int | float):
        found += ["as text", "one more", "negative", "as the neighbour has it"]
    elif isinstance(value, str):
        found += ["as number", "upper case", "longer", "as the neighbour has it"]
    elif isinstance(value, list):
        found += [name for name in _OF_LISTS if value] + ["as object"]
    elif isinstance(value, dict):
        found += ["its items", "first member taken away", "with an action_uid"]
    return found


def mutated(root: Any, path: Path, name: str) -> Any:
    """A copy of the answer with the value at C(path) mutated; MISSING where there is none that the mutator is for."""
    parents = list(_walk(root, path))
    if len(parents) != len(path) + 1 or name not in names_for(parents[-1], path):
        return MISSING
    value = _new(name, parents[-1], root, path)
    for holder, key in zip(reversed(parents[:-1]), reversed(path), strict=True):
        held = copy.copy(holder)
        if value is MISSING:
            del held[key]
        else:
            held[key] = value
        value = held
    return value


def encoded(root: Any) -> bytes:
    text = json.dumps(root)
    for token, raw in RAW.items():
        text = text.replace(f'"{token}"', raw)
    return text.encode()


def at(root: Any, path: Path) -> Any:
    """The value at a place, or MISSING."""
    parents = list(_walk(root, path))
    return parents[-1] if len(parents) == len(path) + 1 else MISSING


def places(root: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every node and leaf, the root included."""
    yield path, root
    items = enumerate(root) if isinstance(root, list) else root.items() if isinstance(root, dict) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def kind_of_change(before: Any, after: Any, root: Any, path: Path) -> str:
    """One of these words.

    missing, null, type: not there, null, or of another type. broken: no value of JSON, such as NaN or half of a
    surrogate pair. text: a number as text or the other way round, which means the same. case: in upper case. flip,
    number, word, items, members: another value of the same type. emptied, hollow: a list without items, an object
    without members. action: an object with an action_uid that it did not have. duplicate: what a neighbour has, or an
    item that is there twice.
    """
    if after is MISSING:
        return "missing"
    if after is None:
        return "null"
    if isinstance(after, str) and after in RAW:
        return "type" if "deep" in after else "broken"
    if after == "\ud800" or (isinstance(after, float) and not math.isfinite(after)):
        return "broken"
    if str(after) == str(before) and {_type(before), _type(after)} == {"number", "text"}:
        return "text"
    if _type(before) != _type(after):
        return "type"
    if isinstance(after, list):
        return _kind_of_items(before, after) if after else "emptied"
    if isinstance(after, dict):
        return ("action" if set(after) - set(before) == {"action_uid"} else "members") if after else "hollow"
    if isinstance(after, bool):
        return "flip"
    if path and after in _neighbours(root, path):
        return "duplicate"
    if isinstance(after, str):
        return "case" if after.upper() == before.upper() else "word"
    return "number"


def _kind_of_items(before: list[Any], after: list[Any]) -> str:
    kinds = {_type(item) for item in before}
    if any(_type(item) not in kinds or item == {} for item in after):
        return "type"  # of an item
    return "duplicate" if len(after) > len(before) else "items"


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "number", float: "number", str: "text", list: "list", dict: "object", type(None): "null"}
    return kinds[type(value)]


def _new(name: str, value: Any, root: Any, path: Path) -> Any:
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if name == "as the neighbour has it":
        return next(iter(_neighbours(root, path)), value)
    return _OTHERS[name](value)


_OF_LISTS: dict[str, Callable[[Any], Any]] = {
    "first item taken away": lambda value: value[1:],
    "last item taken away": lambda value: value[:-1],
    "first item twice": lambda value: [value[0], *value],
    "backwards": lambda value: value[::-1],
    "first item alone": lambda value: value[0],
    "null among its items": lambda value: [*value, None],
    "text among its items": lambda value: [*value, "x"],
    "an empty object among its items": lambda value: [*value, {}],
}
_OTHERS: dict[str, Callable[[Any], Any]] = {
    **_OF_LISTS,
    "in a list": lambda value: [value],
    "in an object": lambda value: {"value": value},
    "taken away": lambda value: MISSING,
    "as text": str,
    "as number": lambda value: int(value) if str(value).isdecimal() or isinstance(value, bool) else 4711,
    "the other": lambda value: not value,
    "one more": lambda value: value + 1,
    "negative": lambda value: -value,
    "upper case": str.upper,
    "longer": lambda value: f"{value}x",
    "as object": lambda value: {str(number): item for number, item in enumerate(value)},
    "its items": lambda value: list(value.items()),
    "first member taken away": lambda value: dict(list(value.items())[1:]),
    "with an action_uid": lambda value: {**value, "action_uid": "00000000-0000-4000-8000-000000000000"},
}


def _neighbours(root: Any, path: Path) -> list[Any]:
    """The same member of the other items of its list, as far as it differs."""
    where = next((index for index in range(len(path) - 1, -1, -1) if isinstance(path[index], int)), None)
    if where is None or where == len(path) - 1:
        return []
    own, items = at(root, path), at(root, path[:where])
    found = [at(items, (number, *path[where + 1 :])) for number in range(len(items)) if number != path[where]]
    return [each for each in found if each is not MISSING and each != own and not isinstance(each, dict | list)]


def _walk(root: Any, path: Path) -> Iterator[Any]:
    """The root, and what lies at each step of the way, as far as it goes."""
    yield root
    for key in path:
        held = root if isinstance(root, dict) else dict(enumerate(root)) if isinstance(root, list) else {}
        if key not in held:
            return
        root = held[key]
        yield root
