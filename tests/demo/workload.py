# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers that note every acknowledged write, and the check that each of them can still be read."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

REQUEST_TIMEOUT = 10.0  # longer than any planned hold, so that a held request is not given up
RECONNECT_PAUSE = 0.01
READ_BATCH = 500
READ_PATIENCE = 10.0  # how long a database may take to be readable again before the check gives up


class WorkloadError(Exception):
    """The workload could not be run or checked; the message says why."""


@dataclass(frozen=True)
class Target:
    """A database to write to."""

    name: str
    host: str
    port: int
    password: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one writer's writes. Indeterminate: no acknowledgement came, so nothing is claimed."""

    name: str
    acknowledged: int
    lost: int
    indeterminate: int
    longest_pause_ms: float


@dataclass
class Ledger:
    """What one writer was told; the value of each write follows from its number and the writer's token."""

    writer: str
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    acknowledged: list[int] = field(default_factory=list)
    indeterminate: int = 0
    longest_pause: float = 0.0

    def key(self, number: int) -> str:
        return f"w:{self.writer}:{number}"

    def value(self, number: int) -> str:
        return f"{self.token}:{number}"


class Writer(threading.Thread):
    """Writes to one database, one request after another, at a given rate."""

    def __init__(self, target: Target, ledger: Ledger, rate: float, stop: threading.Event) -> None:
        super().__init__(name=f"writer-{ledger.writer}", daemon=True)
        self.ledger = ledger
        self._target = target
        self._interval = 1.0 / rate
        self._stop_event = stop

    def run(self) -> None:
        ledger, stop = self.ledger, self._stop_event
        client = connect(self._target)
        number = 0
        due = last_acknowledged = time.perf_counter()
        while not stop.is_set():
            try:
                done = client.set(ledger.key(number), ledger.value(number))
            except redis.RedisError:
                done = False
            now = time.perf_counter()
            if done:
                ledger.acknowledged.append(number)
                ledger.longest_pause = max(ledger.longest_pause, now - last_acknowledged)
                last_acknowledged = now
            else:
                # Done or not, nobody knows, so this number is never written again.
                ledger.indeterminate += 1
                client.close()
                stop.wait(RECONNECT_PAUSE)
            number += 1
            # After a pause go on at the set rate rather than make up for what was missed.
            due = max(due + self._interval, now)
            stop.wait(due - now)
        ledger.longest_pause = max(ledger.longest_pause, time.perf_counter() - last_acknowledged)
        client.close()


class Checker:
    """Reads back every acknowledged write of a ledger."""

    def __init__(self, target: Target, ledger: Ledger) -> None:
        self._target = target
        self._ledger = ledger

    def outcome(self) -> Outcome:
        ledger = self._ledger
        client = connect(self._target)
        try:
            lost = sum(
                self._lost(client, ledger.acknowledged[start : start + READ_BATCH])
                for start in range(0, len(ledger.acknowledged), READ_BATCH)
            )
        finally:
            client.close()
        return Outcome(
            name=self._target.name,
            acknowledged=len(ledger.acknowledged),
            lost=lost,
            indeterminate=ledger.indeterminate,
            longest_pause_ms=ledger.longest_pause * 1000,
        )

    def _lost(self, client: redis.Redis, numbers: Sequence[int]) -> int:
        """How many of these are missing or hold another value."""
        deadline = time.monotonic() + READ_PATIENCE
        while True:
            pipeline = client.pipeline(transaction=False)
            for number in numbers:
                pipeline.get(self._ledger.key(number))
            try:
                values = pipeline.execute()
                break
            except redis.RedisError as error:
                client.close()
                if time.monotonic() > deadline:
                    raise WorkloadError(
                        f"Database {self._target.name} could not be read back within {READ_PATIENCE:g} s: {error}"
                    ) from None
                time.sleep(0.1)
        return sum(value != self._ledger.value(number).encode() for number, value in zip(numbers, values, strict=True))


class Workload:
    """One writer for each target: start, do to the cluster what is to be tried, stop, check."""

    def __init__(self, targets: Sequence[Target], rate: float = 200.0) -> None:
        if rate <= 0:
            raise WorkloadError(f"The rate is the number of writes a second for each database, so not {rate:g}.")
        self._targets = list(targets)
        self._stop = threading.Event()
        # Two writers of one database must not share keys, hence the number.
        ledgers = [Ledger(f"{target.name}.{number}") for number, target in enumerate(self._targets, 1)]
        self._writers = [
            Writer(target, ledger, rate, self._stop) for target, ledger in zip(self._targets, ledgers, strict=True)
        ]
        self._outcomes: list[Outcome] | None = None

    @property
    def acknowledged(self) -> int:
        """Acknowledged writes so far; may be read while the writers run."""
        return sum(len(writer.ledger.acknowledged) for writer in self._writers)

    @property
    def longest_pause_ms(self) -> float:
        """The longest time so far in which a database acknowledged nothing."""
        return max((writer.ledger.longest_pause for writer in self._writers), default=0.0) * 1000

    def start(self) -> None:
        for writer in self._writers:
            writer.start()

    def stop(self) -> None:
        self._stop.set()
        for writer in self._writers:
            if writer.ident is not None:
                writer.join()

    def check(self) -> list[Outcome]:
        """One outcome for each target; stops the writers if they still run."""
        self.stop()
        self._outcomes = [
            Checker(target, writer.ledger).outcome()
            for target, writer in zip(self._targets, self._writers, strict=True)
        ]
        return self._outcomes

    def verdict(self) -> str:
        """The outcome of all databases in one sentence; checks first if nobody has."""
        return verdict(self._outcomes if self._outcomes is not None else self.check())


def verdict(outcomes: Sequence[Outcome]) -> str:
    acknowledged = sum(outcome.acknowledged for outcome in outcomes)
    lost = sum(outcome.lost for outcome in outcomes)
    pause = max((outcome.longest_pause_ms for outcome in outcomes), default=0.0)
    unclear = sum(outcome.indeterminate for outcome in outcomes)
    without_answer = f", {unclear:,} without an answer" if unclear else ""
    return (
        f"{acknowledged:,} acknowledged writes to {len(outcomes)} databases: {lost:,} lost{without_answer}, "
        f"longest pause {pause:.1f} ms."
    )


def connect(target: Target) -> redis.Redis:
    """A client that retries nothing by itself, so that one request is one attempt."""
    return redis.Redis(
        host=target.host,
        port=target.port,
        password=target.password or None,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=REQUEST_TIMEOUT,
        socket_connect_timeout=REQUEST_TIMEOUT,
    )
