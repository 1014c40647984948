# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes when each batch of hosts and each task of a playbook began and ended."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: stopwatch
type: aggregate
short_description: Times of batches and tasks
description:
  - For the benchmark. One JSON object a line goes to the file that E(STOPWATCH_FILE) names.
author:
  - The redis_enterprise.cluster maintainers (@redis-enterprise)
version_added: 0.1.0
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stopwatch"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, **entry: t.Any) -> None:
        with open(os.environ["STOPWATCH_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"time": time.time(), **entry}) + "\n")

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._note(event="batch", name=play.get_name())

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._note(event="start", name=task.get_name(), path=task.get_path())

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._note(event="end")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._note(event="end")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._note(event="end")

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._note(event="over")
