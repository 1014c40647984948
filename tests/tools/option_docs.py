# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completes the documentation of options, in place, from the tables of fields and the registries of checks and actions.

    option_docs.py            writes types, choices, ranges, defaults, releases and so on into the files
    option_docs.py --check    shows what would be written; fails if there is something, or if a sentence is missing

The sentences of an author stay as they are, except those in the wording of a derived one.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import importlib
import json
import pkgutil
import re
import sys
import textwrap
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from ansible_collections.redis_enterprise.cluster.plugins.module_utils import _access
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._action.registry import Registry
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import FIELDS, RECOVERY_PLAN
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._modules import (
    cluster_action,
    health_info,
    node_action,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.actions import (
    CLUSTER_ACTIONS,
    NODE_ACTIONS,
)
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._node.cluster_action import RecordedAction
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare, Field, Settable

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120
TODO = "TODO"
SPEC_KEYS = ("type", "elements", "required", "choices")
KEYS = ("description", *SPEC_KEYS, "suboptions")
NOTHING = re.compile(r"(?!)")
Option = dict[str, t.Any]  # the documentation of an option, as YAML has it


@dataclasses.dataclass(frozen=True)
class Entry:
    """All that is derived for one option. C(items) matches items of a description that were derived before."""

    name: str
    spec: Mapping[str, t.Any]
    derived: Sequence[str]
    members: Sequence[Entry] = ()
    items: re.Pattern[str] = NOTHING
    needs_author: bool = True  # what is derived does not say what the option means


@dataclasses.dataclass(frozen=True)
class Document:
    """Options of one table or registry, and the files that document them."""

    entries: Sequence[Entry]
    files: Sequence[str]
    exclusive: bool = False  # the files document no other options


# -- what the tables and registries know: the functions here alone know the form of their sources ----------------------

FLUSH = "For a database that is sharded, it changes only together with O(action=flush)."
WRITE_ONLY = "The cluster does not show it, so that it cannot be compared: O(update_password) decides when it is sent."
_WHEN = {Settable.AT_CREATION: "Set once, at creation.", Settable.CONDITIONALLY: FLUSH, Settable.WRITE_ONLY: WRITE_ONLY}
_DERIVED = re.compile(
    r"From -?[\d.]+ to -?[\d.]+\.|At (?:least|most) -?[\d.]+\.|The cluster's default is V\([^)]*\)\.|"
    r"Set once, at creation\.|Since release [\d.]+\.|Deprecated since release [\d.]+(?:;| in favour of) .*\.|"
    rf"{re.escape(FLUSH)}|{re.escape(WRITE_ONLY)}"
)


def fields(rows: Sequence[Field]) -> list[Entry]:
    """The options of a table of fields."""
    lists = frozenset(_lists(rows))

    def entry(row: Field) -> Entry:
        items = [f"{_range(row)} {_default(row)}", f"{_WHEN.get(row.settable, '')} {_since(row)}"]
        items.append(_deprecation(row, lists))
        derived = [item.strip() for item in items if item.strip()]
        return Entry(row.option_name, row.option(), derived, [entry(member) for member in row.members])

    return [entry(row) for row in rows if row.is_option]


def _range(row: Field) -> str:
    if row.low is not None and row.high is not None:
        return f"From {row.low} to {row.high}."
    if row.low is not None:
        return f"At least {row.low}."
    return "" if row.high is None else f"At most {row.high}."


def _default(row: Field) -> str:
    if row.default in (None, "", (), "[]") or (row.compare is Compare.SIZE and row.default == 0):
        return ""
    value = str(row.default).lower() if isinstance(row.default, bool) else row.default
    return f"The cluster's default is V({value})."


def _since(row: Field) -> str:
    return f"Since release {row.since}." if row.since else ""


def _deprecation(row: Field, lists: frozenset[str]) -> str:
    if not row.deprecated:
        return ""
    if not row.successor:
        return f"Deprecated since release {row.deprecated} in favour of {row.replacement_hint}."
    replacement = " or ".join(_reference(path, lists) for path in row.successor)
    return f"Deprecated since release {row.deprecated}; use {replacement} instead."


def _reference(path: str, lists: frozenset[str]) -> str:
    """A reference to an option, with brackets after each list on the way to it."""
    parts = path.split(".")
    above = [part + "[]" * (".".join(parts[: number + 1]) in lists) for number, part in enumerate(parts[:-1])]
    return f"O({'.'.join([*above, parts[-1]])})"


def _lists(rows: Sequence[Field], prefix: str = "") -> Iterator[str]:
    for row in rows:
        if "elements" in row.option():
            yield prefix + row.option_name
        yield from _lists(row.members, f"{prefix}{row.option_name}.")


def checks() -> list[Entry]:
    """The option that chooses checks of health."""
    sentences = [check.documentation for check in CHECKS.values()]
    return [Entry("checks", health_info.OPTIONS["checks"], sentences, items=re.compile(r"V\(.*"))]


def actions(registry: Registry, spec: Mapping[str, t.Any], *sentences: str) -> list[Entry]:
    """The option that names an action, and the options of all actions of a kind."""
    meanings = [*(action.sentence for action in registry.values()), *sentences]
    entries = [Entry("action", spec, meanings, items=re.compile(r"V\(.*"), needs_author=False)]
    for action in registry.values():
        for name, option in action.options.items():
            text = [option.documentation(action.name)]
            entries.append(Entry(name, option.spec, text, items=re.compile(r".*"), needs_author=False))
    return entries


def small_objects() -> Iterator[Document]:
    """A schema in `_access` documents the module of its name."""
    for module in pkgutil.iter_modules(_access.__path__):
        schema = getattr(importlib.import_module(f"{_access.__name__}.{module.name}"), "SCHEMA", None)
        if schema is not None:
            yield Document(fields([*schema.fields.values()]), [f"plugins/modules/redis_{module.name}.py"])


_FRAGMENTS = [f"plugins/doc_fragments/bdb{part}.py" for part in ("", "_data", "_access", "_modules", "_sync")]
DOCUMENTS = (
    Document(fields([*FIELDS.values()]), _FRAGMENTS, exclusive=True),
    Document(fields([RECOVERY_PLAN]), ["plugins/modules/redis_bdb.py"]),
    *small_objects(),
    Document(checks(), ["plugins/modules/redis_health_info.py"]),
    Document(actions(NODE_ACTIONS, node_action.OPTIONS["action"]), ["plugins/modules/redis_node_action.py"]),
    Document(
        actions(CLUSTER_ACTIONS, cluster_action.OPTIONS["action"], RecordedAction.sentence),
        ["plugins/modules/redis_cluster_action.py"],
    ),
)

# -- completing what is there ------------------------------------------------------------------------------------------


def authored(description: str | list[str], entry: Entry) -> list[str]:
    """The part of a description that is not derived."""
    items = [description] if isinstance(description, str) else description
    kept = (
        " ".join(sentence for sentence in re.split(r"(?<=[.!?]) ", item) if not _DERIVED.fullmatch(sentence))
        for item in items
        if not entry.items.fullmatch(item) and item not in entry.derived
    )
    return [item for item in kept if item]


@dataclasses.dataclass
class Completion:
    """Completes options one by one, and collects what only an author can repair."""

    problems: list[str] = dataclasses.field(default_factory=list)
    _shared: dict[int, tuple[Option, Option]] = dataclasses.field(default_factory=dict)  # by what YAML aliases share

    def options(self, entries: Sequence[Entry], documented: Option, prefix: str = "") -> Option:
        """All that are documented, in that order; a new one follows the one before it in the table."""
        known = {entry.name: entry for entry in entries}
        order = list(documented)
        for before, name in zip((None, *known), known, strict=False):
            if name not in order:
                order.insert(order.index(before) + 1 if before else 0, name)
        return {
            name: self._option(known[name], documented.get(name, {}), prefix + name)
            if name in known
            else documented[name]
            for name in order
        }

    def _option(self, entry: Entry, documented: Option, path: str) -> Option:
        description = authored(documented.get("description", []), entry)
        if entry.needs_author and not description:
            description = [f"{TODO} say what {entry.name} means."]
        if any(TODO in item for item in description):
            self.problems.append(f"{path} has no description; write a sentence that says what it means, for {TODO}")
        complete: Option = {"description": [*description, *entry.derived]}
        complete |= {key: entry.spec[key] for key in SPEC_KEYS if key in entry.spec}
        complete |= {key: value for key, value in documented.items() if key not in KEYS}
        if entry.members:
            complete["suboptions"] = self._suboptions(entry, documented.get("suboptions", {}), path)
        return complete

    def _suboptions(self, entry: Entry, documented: Option, path: str) -> Option:
        complete = self.options(entry.members, documented, f"{path}.")
        for name in complete.keys() - {member.name for member in entry.members}:
            self.problems.append(f"{path}.{name} is no longer a field; remove it")
        _documented, known = self._shared.setdefault(id(documented), (documented, complete))
        return known if known == complete else complete


# -- the text of an option ---------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Writer:
    """Writes options as YAML; suboptions that are shared are written once, and named after their first option."""

    uses: Mapping[int, int]
    _anchors: dict[int, str] = dataclasses.field(default_factory=dict)

    def option(self, name: str, option: Option, indent: int) -> Iterator[str]:
        yield f"{' ' * indent}{name}:"
        for key in sorted(option, key=lambda key: KEYS.index(key) if key in KEYS else len(KEYS) - 1.5):
            head = f"{' ' * (indent + 2)}{key}:"
            if key == "suboptions":
                yield from self._suboptions(name, option[key], head, indent + 4)
            elif key == "description":
                yield from _description(option[key], head, indent + 4)
            else:
                yield from _value(option[key], head, indent + 4)

    def _suboptions(self, name: str, options: Option, head: str, indent: int) -> Iterator[str]:
        if id(options) in self._anchors:
            yield f"{head} *{self._anchors[id(options)]}"
            return
        shared = self.uses.get(id(options), 0) > 1
        if shared:
            self._anchors[id(options)] = name
        yield f"{head} &{name}" if shared else head
        for member, option in options.items():
            yield from self.option(member, option, indent)


def _description(description: str | list[str], head: str, indent: int) -> Iterator[str]:
    items = [description] if isinstance(description, str) else description
    line = f"{head} {scalar(items[0])}"
    if len(items) == 1 and len(line) <= WIDTH:
        yield line
        return
    yield head
    for item in items:
        yield from textwrap.wrap(
            scalar(item),
            WIDTH,
            initial_indent=f"{' ' * indent}- ",
            subsequent_indent=" " * (indent + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )


def _value(value: t.Any, head: str, indent: int) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{head} {scalar(value)}"
        return
    line = f"{head} [{', '.join(scalar(item, flow=True) for item in value)}]"
    if len(line) <= WIDTH:
        yield line
    else:
        yield head
        yield from (f"{' ' * indent}- {scalar(item)}" for item in value)


def scalar(value: t.Any, *, flow: bool = False) -> str:
    """A value as YAML in one line, with quotes only where they are needed."""
    if not isinstance(value, str):
        return json.dumps(value)
    context, expected = (f"[{value}]", [value]) if flow else (f"key: {value}", {"key": value})
    try:
        plain = yaml.safe_load(context) == expected
    except yaml.YAMLError:
        plain = False
    if plain:
        return value
    return f'"{value}"' if re.fullmatch(r"\w+", value) else "'" + value.replace("'", "''") + "'"


# -- files -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class File:
    """A Python file with the YAML of its options."""

    name: str
    before: str
    documentation: str
    after: str

    @classmethod
    def read(cls, name: str) -> File:
        if not (ROOT / name).is_file():
            raise SystemExit(f"{name} is missing: there is a table of fields for it.")
        text = (ROOT / name).read_text(encoding="utf-8")
        match = re.search(r'(?s)\bDOCUMENTATION = r"""\n(.*?)"""', text)
        if match is None:
            raise SystemExit(f"{name} has no DOCUMENTATION.")
        try:
            yaml.safe_load(match[1])
        except yaml.YAMLError as error:
            raise SystemExit(f"{name}: DOCUMENTATION is not valid YAML. {error}") from error
        return cls(name, text[: match.start(1)], match[1], text[match.end(1) :])

    @property
    def text(self) -> str:
        return self.before + self.documentation + self.after

    def options(self) -> Option:
        return dict(yaml.safe_load(self.documentation).get("options") or {})

    def with_options(self, complete: Option) -> str:
        """The text with these options in the places of those of the same names, or after the one before."""
        root = yaml.compose(self.documentation, yaml.SafeLoader)
        assert isinstance(root, yaml.MappingNode)
        options = {key.value: value for key, value in root.value}["options"]
        places = {key.value: (key.start_mark.line, value.end_mark) for key, value in options.value}
        uses: dict[int, int] = {}
        for shared in _suboptions(complete):
            uses[id(shared)] = uses.get(id(shared), 0) + 1
        writer, old, line = Writer(uses), self.documentation.splitlines(), options.start_mark.line
        new = old[:line]
        for name, option in complete.items():
            if name in places:
                start, end = places[name]
                new += old[line:start]
                line = end.line + (end.column > 0 and end.line == start)
            new += writer.option(name, option, options.start_mark.column)
        return self.before + "".join(f"{each}\n" for each in [*new, *old[line:]]) + self.after


def _suboptions(options: Option) -> Iterator[Option]:
    for option in options.values():
        if "suboptions" in option:
            yield option["suboptions"]
            yield from _suboptions(option["suboptions"])


def completed(document: Document) -> Iterator[tuple[File, str, list[str]]]:
    """Each file of a document, its text as it should be, and what only an author can repair in it."""
    files = [File.read(name) for name in document.files]
    entries: dict[str, list[Entry]] = {file.name: [] for file in files}
    home = files[0]
    for entry in document.entries:
        home = next((file for file in files if entry.name in file.options()), home)
        entries[home.name].append(entry)
    for file in files:
        completion, known = Completion(), {entry.name for entry in entries[file.name]}
        complete = completion.options(entries[file.name], file.options())
        if document.exclusive:
            gone = [name for name in complete if name not in known]
            completion.problems += [f"{name} is no longer a field; remove it" for name in gone]
        yield file, file.with_options({name: complete[name] for name in complete if name in known}), completion.problems


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="option_docs.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if something is to be written")
    check = parser.parse_args(arguments).check
    failed = False
    for document in DOCUMENTS:
        for file, text, problems in completed(document):
            if text != file.text and check:
                lines = file.text.splitlines(), text.splitlines()
                print("\n".join(difflib.unified_diff(*lines, file.name, file.name, lineterm="")))
                print(f"{file.name}: the documentation differs from its table, as shown above. Run: make format")
                failed = True
            elif text != file.text:
                (ROOT / file.name).write_text(text, encoding="utf-8")
            for problem in problems:
                print(f"{file.name}: {problem}.")
                failed = failed or check
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
