# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of plugins/module_utils stand on six floors, and an import leads to a lower floor only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2] / "plugins" / "module_utils"
FLOORS = {
    "_modules": 6,
    "_roll": 5,
    "_health": 5,
    "_node": 5,
    "_bdb": 5,
    "_access": 5,
    "_action": 4,
    "_api": 3,
    "_schema": 3,
    "_http": 2,
    "_core": 1,
}
# Decisions, which have to be testable without a server: they know no client.
PURE = {
    "_roll": None,  # the whole package
    "_health": None,
    "_node": None,
    "_bdb": {"fields", "nested_fields", "desired", "plan", "set_plan", "verify", "error_help"},
    "_access": None,
    "_api": {"capacity", "drain"},
    "_schema": {"field", "schema", "values", "compare", "redact", "desired", "plan", "error_help"},
}


def files() -> list[Path]:
    return sorted(path for path in HOUSE.rglob("*.py") if path.name != "__init__.py")


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(package, module) of everything in module_utils that a file imports; the names after `import` may be modules.

    The context of a task names the type of its client in an annotation, which is no arrow: nothing is imported.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name == "context.py":
        tree.body = [each for each in tree.body if ast.unparse(each).partition("\n")[0] != "if t.TYPE_CHECKING:"]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.relative_to(HOUSE).parts[: -node.level]
            target = [*base, *(node.module or "").split(".")] if node.module else list(base)
            for alias in node.names:
                package, module = [*target, alias.name][:2]
                yield package, module


def broken(path: Path, package: str, module: str) -> str | None:
    """The sentence that names the rule which an import breaks."""
    here = path.relative_to(HOUSE).parts[0]
    name = path.relative_to(HOUSE.parent.parent)
    if package not in FLOORS:
        return f"{name} imports {package}, which is on no floor: add it to FLOORS in tests/unit/test_floors.py."
    if package != here and FLOORS[package] >= FLOORS[here]:
        return (
            f"{name} (floor {FLOORS[here]}) imports {package}.{module} (floor {FLOORS[package]}): an import leads to a "
            "lower floor only, and never to another package of the same floor. Move what both need down, or hand it in."
        )
    pure = PURE.get(here, set())
    if package == "_http" and module == "client" and (pure is None or path.stem in pure):
        return f"{name} is a pure decision and imports the client: read in an operation, and hand in what was read."
    return None


def test_every_package_has_a_floor() -> None:
    packages = {path.relative_to(HOUSE).parts[0] for path in HOUSE.rglob("*.py") if path.parent != HOUSE}
    assert packages <= set(FLOORS), "a package of plugins/module_utils is missing in FLOORS"
    assert not [path.name for path in HOUSE.glob("*.py")], "module_utils holds packages only: put the file into one"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_imports_lead_to_a_lower_floor(path: Path) -> None:
    sentences = [broken(path, package, module) for package, module in imports(path)]
    assert not (found := [each for each in sentences if each]), "\n".join(found)


@pytest.mark.parametrize(
    ("place", "package", "module", "rule"),
    [
        ("_schema/compare.py", "_bdb", "fields", "an import leads to a lower floor only"),
        ("_bdb/plan.py", "_node", "removal", "never to another package of the same floor"),
        ("_schema/compare.py", "_api", "cluster", "never to another package of the same floor"),
        ("_node/removal.py", "_http", "client", "is a pure decision and imports the client"),
        ("_core/errors.py", "_elsewhere", "x", "which is on no floor"),
    ],
)
def test_a_broken_arrow_is_named(place: str, package: str, module: str, rule: str) -> None:
    assert rule in str(broken(HOUSE / place, package, module))
