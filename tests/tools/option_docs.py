# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completes the documentation of options from the code that knows them: people say what an option means, no more.

    option_docs.py            writes types, choices, ranges, defaults, releases and so on into the files, in place
    option_docs.py --check    shows what would be written, and fails if anything would, or if a sentence is missing

Fields of databases come from their tables; a description keeps all sentences but those that have the wording of a
derived one. Health checks come from their registry, with the sentence that each has there.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import textwrap
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._bdb.fields import RECOVERY_PLAN, ROWS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._health.checks import CHECKS
from ansible_collections.redis_enterprise.cluster.plugins.module_utils._schema.field import Compare, Field, Settable

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120
TODO = "TODO"
KEYS = ("description", "type", "elements", "required", "choices", "suboptions")
SPEC_KEYS = ("type", "elements", "required", "choices")
Option = dict[str, t.Any]


@dataclass(frozen=True)
class Document:
    """A table of fields, and the files that document its options, by preference for options that are new."""

    rows: Sequence[Field]
    files: Sequence[str]
    complete: bool = True  # the files document these options and no others


@dataclass(frozen=True)
class Choices:
    """An option whose choices are a registry: its description has a sentence of people, then one for each choice."""

    file: str
    option: str
    sentences: t.Mapping[str, str]


DOCUMENTS: tuple[Document | Choices, ...] = (
    Document(ROWS, [f"plugins/doc_fragments/bdb{part}.py" for part in ("", "_data", "_access", "_modules", "_sync")]),
    Document([RECOVERY_PLAN], ["plugins/modules/redis_bdb.py"], complete=False),
    Choices(
        "plugins/modules/redis_health_info.py",
        "checks",
        {name: check.documentation for name, check in CHECKS.items()},
    ),
)

# -- what is derived from a row --------------------------------------------------------------------------------------

FLUSH = "For a database that is sharded, it changes only together with O(action=flush)."
WRITE_ONLY = "The cluster does not show it, so that it cannot be compared: O(update_password) decides when it is sent."
_DERIVED = re.compile(
    r"From -?[\d.]+ to -?[\d.]+\.|At (?:least|most) -?[\d.]+\.|The cluster's default is V\([^)]*\)\.|"
    r"Set once, at creation\.|Since release [\d.]+\.|Deprecated since release [\d.]+(?:;| in favour of) .*\.|"
    rf"{re.escape(FLUSH)}|{re.escape(WRITE_ONLY)}"
)


def derived(row: Field, reference: t.Callable[[str], str]) -> list[str]:
    """The sentences that follow from a row, as the items of a description. This function alone knows what rows have."""
    items = [[_range(row), _default(row)]]
    when = {Settable.AT_CREATION: "Set once, at creation.", Settable.WITH_FLUSH: FLUSH, Settable.WRITE_ONLY: WRITE_ONLY}
    items += [[when.get(row.settable, ""), row.since and f"Since release {row.since}."]]
    if row.deprecated:
        replacement = " or ".join(reference(name) for name in row.successor)
        items += [
            [f"Deprecated since release {row.deprecated}; use {replacement} instead."]
            if replacement
            else [f"Deprecated since release {row.deprecated} in favour of {row.instead}."]
        ]
    return [" ".join(filter(None, item)) for item in items if any(item)]


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


def spoken(description: str | list[str]) -> list[str]:
    """What people have written of a description."""
    items = [description] if isinstance(description, str) else description
    kept = (
        " ".join(sentence for sentence in re.split(r"(?<=[.!?]) ", item) if not _DERIVED.fullmatch(sentence))
        for item in items
    )
    return [item for item in kept if item]


# -- completing what is there ------------------------------------------------------------------------------------------


@dataclass
class Completion:
    """Completes options one by one, and keeps what is the matter with them."""

    lists: frozenset[str]  # paths of options that are lists, for references to their suboptions
    problems: list[str] = field(default_factory=list)
    _shared: dict[int, Option] = field(default_factory=dict)  # what a YAML alias names more than once

    def option(self, row: Field, documented: Option | None, path: str) -> Option:
        found = dict(documented or {"description": f"{TODO} say what {row.option_name} means."})
        spec = row.option()
        description = spoken(found.pop("description", []))
        if not description or any(TODO in item for item in description):
            self.problems.append(f"{path} has no description: say in a sentence what it means")
        complete: Option = {"description": [*(description or [TODO]), *derived(row, self._reference)]}
        complete |= {key: spec[key] for key in SPEC_KEYS if key in spec}
        complete |= {key: value for key, value in found.items() if key not in KEYS}
        if row.members:
            complete["suboptions"] = self._suboptions(row, found.get("suboptions", {}), path)
        return complete

    def _suboptions(self, row: Field, documented: Option, path: str) -> Option:
        complete = self.options(row.members, documented, f"{path}.")
        for name in complete.keys() - {member.option_name for member in row.members}:
            self.problems.append(f"{path}.{name} is no field any more: remove it")
        known = self._shared.setdefault(id(documented), complete)
        return known if known == complete else complete

    def options(self, rows: Sequence[Field], documented: Option, prefix: str = "") -> Option:
        """All that are documented, in that order; what is new follows the one before it in the table."""
        known = {row.option_name: row for row in rows}
        order = list(documented)
        for before, name in zip((None, *known), known, strict=False):
            if name not in order:
                order.insert(order.index(before) + 1 if before else 0, name)
        return {
            name: self.option(known[name], documented.get(name), prefix + name) if name in known else documented[name]
            for name in order
        }

    def _reference(self, path: str) -> str:
        parts = path.split(".")
        marked = [part + "[]" * (".".join(parts[: number + 1]) in self.lists) for number, part in enumerate(parts[:-1])]
        return f"O({'.'.join([*marked, parts[-1]])})"


def lists(rows: Sequence[Field], prefix: str = "") -> Iterator[str]:
    for row in rows:
        if "elements" in row.option():
            yield prefix + row.option_name
        yield from lists(row.members, f"{prefix}{row.option_name}.")


# -- the text of an option ---------------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Writes options as YAML; what is shared is written once, and named after the option where it is."""

    uses: dict[int, int]
    _anchors: dict[int, str] = field(default_factory=dict)

    def option(self, name: str, option: Option, indent: int) -> Iterator[str]:
        yield f"{' ' * indent}{name}:"
        for key in sorted(option, key=lambda key: KEYS.index(key) if key in KEYS else len(KEYS) - 1.5):
            yield from self._key(name, key, option[key], indent + 2)

    def _key(self, name: str, key: str, value: t.Any, indent: int) -> Iterator[str]:
        head = f"{' ' * indent}{key}:"
        if key == "suboptions":
            if id(value) in self._anchors:
                yield f"{head} *{self._anchors[id(value)]}"
                return
            shared = self.uses.get(id(value), 0) > 1
            if shared:
                self._anchors[id(value)] = name
            yield f"{head} &{name}" if shared else head
            for member, option in value.items():
                yield from self.option(member, option, indent + 2)
        elif key == "description":
            value = [value] if isinstance(value, str) else value
            line = f"{head} {scalar(value[0])}"
            if len(value) == 1 and len(line) <= WIDTH:
                yield line
            else:
                yield head
                for item in value:
                    yield from wrapped(item, indent + 2)
        elif isinstance(value, list):
            line = f"{head} [{', '.join(scalar(item, flow=True) for item in value)}]"
            if len(line) <= WIDTH:
                yield line
            else:
                yield head
                yield from (f"{' ' * indent}  - {scalar(item)}" for item in value)
        else:
            yield f"{head} {scalar(value)}"


def wrapped(item: str, indent: int) -> list[str]:
    return textwrap.wrap(
        scalar(item),
        WIDTH,
        initial_indent=f"{' ' * indent}- ",
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


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


@dataclass
class File:
    """A Python file with the YAML of its options."""

    name: str
    before: str
    yaml: str
    after: str

    @classmethod
    def read(cls, name: str) -> File:
        text = (ROOT / name).read_text(encoding="utf-8")
        match = re.search(r'(?s)\bDOCUMENTATION = r"""\n(.*?)"""', text)
        if match is None:
            raise SystemExit(f"{name} has no DOCUMENTATION.")
        try:
            yaml.safe_load(match[1])
        except yaml.YAMLError as error:
            raise SystemExit(f"{name}: its DOCUMENTATION is no YAML. {error}") from error
        return cls(name, text[: match.start(1)], match[1], text[match.end(1) :])

    @property
    def text(self) -> str:
        return self.before + self.yaml + self.after

    def options(self) -> Option:
        return dict(yaml.safe_load(self.yaml).get("options") or {})

    def with_options(self, complete: Option) -> str:
        """The text with these options in the place of those of the same names; new ones come after the one before."""
        root = yaml.compose(self.yaml, yaml.SafeLoader)
        assert isinstance(root, yaml.MappingNode)
        nodes = {key.value: value for key, value in root.value}
        places = {key.value: (key.start_mark, value.end_mark) for key, value in nodes["options"].value}
        uses: dict[int, int] = {}
        for shared in _suboptions(complete):
            uses[id(shared)] = uses.get(id(shared), 0) + 1
        writer, old, new, line = Writer(uses), self.yaml.splitlines(), [], 0
        for name, option in complete.items():
            if name in places:
                start, end = places[name]
                new += old[line : start.line]
                line = end.line + (end.column > 0 and end.line == start.line)
            new += writer.option(name, option, nodes["options"].start_mark.column)
        return self.before + "".join(f"{each}\n" for each in [*new, *old[line:]]) + self.after


def _suboptions(options: Option) -> Iterator[Option]:
    for option in options.values():
        if "suboptions" in option:
            yield option["suboptions"]
            yield from _suboptions(option["suboptions"])


def completed(document: Document | Choices) -> Iterator[tuple[File, str, list[str]]]:
    """Each file of a document, its text as it should be, and what is the matter with it that only people can mend."""
    if isinstance(document, Choices):
        file = File.read(document.file)
        option = file.options()[document.option]
        description = [spoken(option["description"])[0], *document.sentences.values()]
        choices = {**option, "description": description, "choices": list(document.sentences)}
        yield file, file.with_options({document.option: choices}), []
        return
    files = [File.read(name) for name in document.files]
    rows: dict[str, list[Field]] = {file.name: [] for file in files}
    home = files[0]
    for row in document.rows:
        if row.is_option:
            home = next((file for file in files if row.option_name in file.options()), home)
            rows[home.name].append(row)
    for file in files:
        completion = Completion(frozenset(lists(document.rows)))
        documented, known = file.options(), {row.option_name for row in rows[file.name]}
        complete = completion.options(rows[file.name], documented)
        if document.complete:
            completion.problems += [f"{name} is no field any more: remove it" for name in complete if name not in known]
        yield file, file.with_options({name: complete[name] for name in complete if name in known}), completion.problems


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="option_docs.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if something is to be written")
    check = parser.parse_args(arguments).check
    failed = False
    for document in DOCUMENTS:
        for file, text, problems in completed(document):
            if text != file.text and check:
                lines = difflib.unified_diff(
                    file.text.splitlines(), text.splitlines(), file.name, file.name, lineterm=""
                )
                print("\n".join(lines))
                print(f"{file.name} does not say what the code says, as shown above; run: make format")
                failed = True
            elif text != file.text:
                (ROOT / file.name).write_text(text, encoding="utf-8")
            for problem in problems:
                print(f"{file.name}: {problem}.")
                failed = failed or check
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
