# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role, as its defaults, its argument specs, its README and its tasks have them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

ROLES = Path(__file__).parents[2] / "roles"
_IMPORT = re.compile(r"import_tasks: (\S+\.yml)$|__\w+_phase: (\w+)$", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
_ROLLED_BACK = {"drain", "gate_again"}  # the phases whose failure changes something


@dataclass(frozen=True)
class Role:
    name: str

    @property
    def folder(self) -> Path:
        return ROLES / self.name

    def load(self, path: str) -> t.Any:
        return yaml.safe_load((self.folder / path).read_text(encoding="utf-8"))

    @property
    def defaults(self) -> dict[str, t.Any]:
        return dict(self.load("defaults/main.yml"))

    @property
    def specs(self) -> dict[str, dict[str, t.Any]]:
        """The options of each entry point."""
        entries = self.load("meta/argument_specs.yml")["argument_specs"]
        return {name: entry["options"] for name, entry in entries.items()}

    @property
    def readme(self) -> dict[str, str]:
        """The default of each variable as the README shows it."""
        text = (self.folder / "README.md").read_text(encoding="utf-8")
        return {name: value.strip().strip("`") for name, value in _ROW.findall(text) if name in self.defaults}

    def used(self, entry: str) -> set[str]:
        """The public variables that the tasks of an entry point use, also by way of vars/main.yml."""
        text = self._text(f"{entry}.yml", set())
        found: set[str] = set()
        while True:
            more = {name for name, value in self._variables().items() if re.search(rf"\b{name}\b", text)} - found
            if not more:
                return {name for name in self.defaults if re.search(rf"\b{name}\b", text)}
            found |= more
            text += " ".join(self._variables()[name] for name in more)

    def _text(self, file: str, seen: set[str]) -> str:
        """The text of a file of tasks and of all that it imports; of stop.yml only where it rolls something back."""
        if file in seen or "{{" in file:
            return ""
        seen.add(file)
        text = (self.folder / "tasks" / file).read_text(encoding="utf-8")
        found = text
        for path, phase in _IMPORT.findall(text):
            if path == "stop.yml":
                stem = Path(file).stem
                found += self._text("phases/stop.yml", seen) if stem in _ROLLED_BACK else ""
            elif phase not in ("stop", "tasks"):
                found += self._text(path or f"phases/{phase}.yml", seen)
        return found

    def _variables(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.load("vars/main.yml").items()}


def as_shown(value: t.Any) -> str:
    """A default as the README writes it."""
    return "none" if value == "" else str(yaml.safe_dump(value).split("\n")[0])
