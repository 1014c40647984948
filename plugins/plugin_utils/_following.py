# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows the progress of a module that runs on another host.

The module does all of the work, as it would without anybody looking on, and writes its progress lines to a file there.
Beside it a thread reads the file over the same kind of connection. So the result is the module's own, and whatever
goes wrong with reading costs lines and nothing else. One command is run over there for each line that is shown, not
for each poll of the API.
"""

from __future__ import annotations

import contextlib
import contextvars
import copy
import secrets
import threading
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.redis_enterprise.cluster.plugins.module_utils._core.progress import FILE, QUIET_AT_FIRST

display = Display()

_LONGEST = 20  # looks at the file by one command; they are half a second apart
_ANSWER = 5.0  # seconds for the last command to end after the module
_TRIES = 5  # looks for a file that does not appear
# Prints the lines after the first {seen} as soon as there are any. It fails when there is no such file: not yet, or not
# any more.
_READ = (
    "f={path}; n=0; "
    'while [ -f "$f" ] && [ "$(wc -l < "$f")" -le {seen} ] && [ $n -lt {longest} ]; '
    "do sleep 0.5 2>/dev/null || sleep 1; n=$((n+1)); done; "
    '[ -f "$f" ] && tail -n +{first} "$f"'
)


@contextlib.contextmanager
def followed(action: ActionBase, show: t.Callable[[str], None]) -> t.Iterator[None]:
    """While the block runs the action's module, C(show) is called with each line that the module reports."""
    folder = str(action.get_shell_option("remote_tmp", default="~/.ansible/tmp")).rstrip("/")
    path = f"{folder}/redis_enterprise-{secrets.token_hex(16)}.progress"
    before = action._task.environment
    action._task.environment = [*(before or []), {FILE: path}]
    over = threading.Event()
    reader = threading.Thread(
        target=contextvars.copy_context().run, args=(_read, _beside(action), path, show, over), daemon=True
    )
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join(_ANSWER)
        action._task.environment = before


def _beside(action: ActionBase) -> ActionBase:
    """The same action with a connection of its own: each keeps the state of one command."""
    other = copy.copy(action)
    other._connection = copy.copy(action._connection)
    if other._connection.become is not None:
        other._connection.set_become_plugin(copy.copy(other._connection.become))
    return other


def _read(action: ActionBase, path: str, show: t.Callable[[str], None], over: threading.Event) -> None:
    seen, tries = 0, 0
    over.wait(QUIET_AT_FIRST)
    while not over.is_set():
        command = _READ.format(path=path, seen=seen, first=seen + 1, longest=_LONGEST)
        try:
            answer = action._low_level_execute_command(command)
        except Exception as error:
            display.vvv(f"The progress of the task cannot be shown: {error}")
            return
        if answer["rc"] == 0:
            tries = _TRIES  # so when it is gone, the module has ended
            for line in answer["stdout"].splitlines():
                seen += 1
                show(line)
        elif tries >= _TRIES:
            return
        else:
            tries += 1
            over.wait(1.0)
