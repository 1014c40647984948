# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of health checks: each is a function together with all that options and documentation say of it."""

from __future__ import annotations

import dataclasses
import typing as t

from .facts import ERROR, WARNING, Criteria, Facts, Finding

Find = t.Callable[[Facts, Criteria], t.Iterator[Finding]]


@dataclasses.dataclass(frozen=True)
class Check:
    """A check: the function that finds what is wrong, the severity of that, and the sentence that it proves.

    C(about_node) checks need C(without_node). C(on_request) checks are made only when they are asked for. C(needs)
    names the members of the facts beside the cluster that have to be read for it.
    """

    name: str
    find: Find
    sentence: str
    severity: str
    about_node: bool
    on_request: bool
    needs: tuple[str, ...]

    @property
    def documentation(self) -> str:
        """The line about it in the documentation of the option C(checks)."""
        kind = " (warning)" if self.severity == WARNING else ""
        only_with = ["O(without_node)"] if self.about_node else []
        only_with += [f"O({self.name}=true)"] if self.on_request else []
        condition = f", with {' and '.join(only_with)}" if only_with else ""
        return f"V({self.name}){kind}{condition}: {self.sentence}"


class Registry(dict[str, Check]):
    """The checks by name, in the order in which they are made and shown."""

    def add(
        self,
        sentence: str,
        *,
        severity: str = ERROR,
        about_node: bool = False,
        on_request: bool = False,
        needs: t.Sequence[str] = (),
    ) -> t.Callable[[Find], Find]:
        """Registers the decorated function as a check of its name."""

        def register(find: Find) -> Find:
            name = find.__name__
            self[name] = Check(name, find, sentence, severity, about_node, on_request, tuple(needs))
            return find

        return register
