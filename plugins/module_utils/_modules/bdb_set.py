# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation of C(redis_bdb_set): many databases, one listing, one plan, and writes with bounded parallelism."""

from __future__ import annotations

import collections
import dataclasses
import threading
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._bdb import set_plan
from .._bdb.desired import Desired, desired_from
from .._bdb.fields import SCHEMA
from .._bdb.set_plan import Job
from .._core.context import Context, Result
from .._core.errors import CollectionError, InvalidInput
from .._schema.reconcile import Reconciler
from .._schema.redact import redact
from .._schema.schema import Obj
from .bdb import IDENTITY_QUERY, OPTIONS, Database


def run(context: Context) -> Result:
    params = context.params
    set_plan.check_limits(params)
    items = _items(params["databases"])
    set_plan.check_distinct(items)
    for desired in items:
        for sentence in desired.deprecations():
            context.warn(sentence)
    fields = set_plan.fields_to_read(items)
    query = {"fields": ",".join(fields)}
    if any(desired.extended for desired in items):
        query["extended"] = "true"
    listed = context.client.get_list(SCHEMA.path, query).data
    jobs = set_plan.jobs(items, listed)
    surplus = set_plan.to_purge(jobs, listed, params["purge_limit"]) if params["purge"] else []
    workers = _Workers(context, fields)
    results = workers.run(jobs)
    workers.report_duplicates()
    if not workers.failed:
        results += workers.run(surplus)
    return _summary(results, results[len(jobs) :])


def _items(databases: t.Sequence[t.Mapping[str, t.Any]]) -> list[Desired]:
    """Each item as a Desired, after the same checks that Ansible makes of the options of redis_bdb."""
    validator = ArgumentSpecValidator(_options_in(databases))
    items = []
    for number, item in enumerate(databases, 1):
        checked = validator.validate(dict(item))
        where = f"databases, item {number} ({item.get('name') or item.get('uid') or 'neither name nor uid'})"
        if checked.unsupported_parameters:
            unknown = ", ".join(sorted(_dotted(name) for name in checked.unsupported_parameters))
            raise InvalidInput(f"{where}: {unknown} is no option of redis_bdb. Put fields of the API into config.")
        if checked.error_messages:
            raise InvalidInput(f"{where}: {'; '.join(checked.error_messages)}.")
        try:
            items.append(desired_from(checked.validated_parameters))
        except CollectionError as error:
            raise InvalidInput(f"{where}: {error}") from error
    return items


def _options_in(databases: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The options that occur, and those with a default: each of the others would cost time for every item."""
    given = {name for item in databases for name in item}
    return {
        name: option
        for name, option in OPTIONS.items()
        if "default" in option or not given.isdisjoint({name, *option.get("aliases", ())})
    }


def _dotted(name: str | tuple[str, ...]) -> str:
    """A top-level option comes as a string, one of a sub-object as a tuple."""
    return name if isinstance(name, str) else ".".join(name)


_FRESH = 5.0  # seconds for which the listing is good enough to change a database by


class _Slot:
    """One of the C(max_parallel) databases that change at a time; released as soon as the cluster has finished."""

    def __init__(self, slots: threading.Semaphore) -> None:
        self._slots = slots
        self._held = False

    def __enter__(self) -> _Slot:
        self._slots.acquire()
        self._held = True
        return self

    def release(self) -> None:
        if self._held:
            self._held = False
            self._slots.release()

    def __exit__(self, *_exc: object) -> None:
        self.release()


class _Workers:
    """Carries jobs out: converged ones at once, the others in threads.

    There are twice as many threads as databases may change at once, so that reading one back does not hold up the next.
    """

    def __init__(self, context: Context, fields: t.Sequence[str]) -> None:
        self.failed = False
        self._context = context
        self._fields = fields
        self._stop_on_error = context.params["on_error"] == "stop"
        self._started = context.clock.now()
        self._create_lock = threading.Lock()
        self._slots = threading.Semaphore(context.params["max_parallel"])
        self._aborted = threading.Event()
        self._local = threading.local()
        self._contexts: list[Context] = []
        self._created: list[tuple[Reconciler, dict[str, t.Any]]] = []  # with the result of each

    def run(self, jobs: t.Sequence[Job]) -> list[dict[str, t.Any]]:
        """The result of each job, in their order."""
        if any(job.refusal for job in jobs):
            self.failed = True
        results: dict[int, dict[str, t.Any]] = {}
        changing = []
        for number, job in enumerate(jobs):
            if job.converged and job.refusal is None:
                results[number] = _item(job, bdb=job.current)
            else:
                changing.append(number)
        try:
            self._in_threads(lambda number: results.update({number: self._one(jobs[number])}), changing)
        finally:
            self._close()
        return [results[number] for number in range(len(jobs))]

    def _in_threads(self, do: t.Callable[[int], None], numbers: t.Sequence[int]) -> None:
        """Call C(do) for each. When the task is aborted (its time-out, Ctrl-C), nothing more is begun or sent.

        The process does not wait for its daemon threads then; their last requests may still be under way.
        """
        left = collections.deque(numbers)

        def work() -> None:
            while True:
                try:
                    number = left.popleft()
                except IndexError:
                    return
                do(number)

        count = min(2 * self._context.params["max_parallel"], len(left))
        threads = [threading.Thread(target=work, daemon=True) for dummy in range(count)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            self._aborted.set()
            raise

    def _raise_if_aborted(self) -> None:
        if self._aborted.is_set():
            raise CollectionError("The task was aborted: nothing more is sent.")

    def _one(self, job: Job) -> dict[str, t.Any]:
        if job.refusal is not None:
            return _item(job, error=job.refusal)
        with _Slot(self._slots) as slot:
            if self._aborted.is_set() or (self.failed and self._stop_on_error):
                return _item(job, skipped=True)
            try:
                reconciler = Reconciler(
                    self._own_context(),
                    Database(job.desired),
                    create_lock=self._create_lock,
                    release_slot=slot.release,
                    fields=self._fields,
                )
                result = reconciler.reconcile(reconciler.reader.read() if self._is_stale(job) else job.current)
            except CollectionError as error:
                self.failed = True
                return _item(job, error=error)
            except Exception as error:  # the results of the other items are reported all the same
                self.failed = True
                return _item(
                    job, error=CollectionError(f"This is a mistake in the collection, please report it: {error!r}")
                )
            shown = _item(job, result=result)
            if reconciler.may_have_created:
                self._created.append((reconciler, shown))
            return shown

    def report_duplicates(self) -> None:
        """After creations all names are read once more, as redis_bdb does it; what is found goes into the results."""
        if not self._created:
            return
        errors: list[CollectionError | None]
        try:
            listed = self._context.client.get_list(SCHEMA.path, IDENTITY_QUERY).data
            errors = [reconciler.duplicate_error(listed) for reconciler, _shown in self._created]
        except CollectionError as unread:  # the changes are reported all the same
            errors = [unread] * len(self._created)
        for (_reconciler, shown), error in zip(self._created, errors, strict=True):
            if error is not None:
                self.failed = True
                shown.update(error.as_result())

    def _is_stale(self, job: Job) -> bool:
        """Whether to read the database again since it was listed: before data is deleted, and after some time."""
        destroys = job.desired.state == "absent" or bool(job.desired.action)
        return destroys or self._context.clock.now() - self._started > _FRESH

    def _own_context(self) -> Context:
        """A context with a session of its own: sessions cannot be shared between threads."""
        if not hasattr(self._local, "context"):
            own = dataclasses.replace(self._context, client=self._context.client.another(self._raise_if_aborted))
            self._local.context = own
            self._contexts.append(own)
        return t.cast(Context, self._local.context)

    def _close(self) -> None:
        for context in self._contexts:
            context.client.close()


def _item(
    job: Job,
    *,
    bdb: Obj | None = None,
    result: Result | None = None,
    error: CollectionError | None = None,
    skipped: bool = False,
) -> dict[str, t.Any]:
    """The result of one database, always in the same shape."""
    shown: dict[str, t.Any] = {
        "name": job.desired.name or (job.current or {}).get("name"),
        "uid": (job.current or {}).get("uid", job.desired.uid),
        "changed": False,
        "failed": error is not None,
        "skipped": skipped,
        "bdb": redact(SCHEMA, dict(bdb)) if bdb else None,
        "changes": [],
        "diff": {"before": {}, "after": {}},
    }
    if result is not None:
        shown.update(result.as_dict())
        shown["uid"] = (shown["bdb"] or {}).get("uid", shown["uid"])
    if error is not None:
        shown.update(error.as_result())
    return shown


def _summary(results: t.Sequence[dict[str, t.Any]], purged: t.Sequence[dict[str, t.Any]]) -> Result:
    changed = [item for item in results if item["changed"]]
    failed = [item for item in results if item["failed"]]
    skipped = [item for item in results if item["skipped"]]
    message = None
    if failed:
        reasons = " ".join(f"{item['name'] or item['uid']}: {item['msg']}" for item in failed)
        message = f"{len(failed)} of {len(results)} databases failed. {reasons}"
        if skipped:
            message += f" Not tried any more: {', '.join(str(item['name'] or item['uid']) for item in skipped)}."
    return Result(
        bool(changed),
        {
            "results": list(results),
            "purged": [item["name"] for item in purged if item["changed"] and not item["failed"]],
        },
        before={str(item["name"]): item["diff"]["before"] for item in changed},
        after={str(item["name"]): item["diff"]["after"] for item in changed},
        failed=message,
    )
