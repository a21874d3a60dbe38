"""Ray's side of prediction: a cluster, workers that hold the run, and parts handed to them.

Workers and parts of fixed samples, and not a Ray data set: that, written again after its driver was killed, writes all
rows again, where a part that is there is simply not asked for.
"""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray tells its makers; read when Ray is loaded

import ray

from multihot.data.ahead import set_threads
from multihot.data.picture_names import is_address
from multihot.data.stored_images import images_at
from multihot.data.stores import reason_of
from multihot.errors import DataError, one_line
from multihot.memory import keep_large_blocks
from multihot.models import RuntimeName
from multihot.predict.parts import Manifest, PartsFolder
from multihot.run import Run
from multihot.wording import counted

_TRIES = 4
_LEAST_SHARED_MEMORY = 100 * 2**20  # Ray asks for 75 at least


@contextmanager
def cluster(files: Mapping[str, bytes], workers: int | None) -> Iterator[Any]:
    """Be connected to the cluster that RAY_ADDRESS names, or to one of this machine alone; gives a reference.

    Args:
        files: of the run, which all workers of a machine read from shared memory.
        workers: how many a machine alone makes room for; as it has cores by default.
    """
    if ray.is_initialized():
        yield ray.put(dict(files))
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        if address := os.environ.get("RAY_ADDRESS"):
            _connect(address, **quiet)
        else:
            memory = _LEAST_SHARED_MEMORY + 2 * sum(map(len, files.values()))
            own = {"num_cpus": workers, "object_store_memory": memory, "include_dashboard": False, "_temp_dir": folder}
            _connect("local", **own, **quiet)
        try:
            yield ray.put(dict(files))
        finally:
            ray.shutdown()


def _connect(address: str, **settings: Any) -> None:
    try:
        ray.init(address, **settings)
    except Exception as error:  # Ray raises all kinds, among them this very class
        raise DataError(f"Ray cannot be reached or started at {address!r}: {one_line(error)}") from error


class Worker:
    """A process that holds the run, and writes parts.

    Args:
        out: the folder of parts.
        threads: that read and decode pictures.
        runtime: what computes their features.
    """

    def __init__(self, out: str, threads: int, runtime: RuntimeName) -> None:
        keep_large_blocks()
        set_threads(threads)
        self._folder = PartsFolder(out)
        self._runtime: RuntimeName = runtime
        self._run: Run | None = None

    def version(self) -> str:
        """Of multihot, where the worker runs."""
        return version("multihot")

    def write(self, files: Sequence[Any], part: int, names: Sequence[str], places: Sequence[str]) -> None:
        """Write one part.

        Args:
            files: of the run, by name; a reference, in a list: so only the first call fetches them.
            part: its number.
            names: of the samples.
            places: where they lie.
        """
        run = self._run = self._run or _load(ray.get(files[0]), self._runtime)
        with self._folder.writer(part, run.space.names) as writer:
            for label_set in run.label_sets(names, images_at(places)):
                writer.write(label_set)


def _load(files: Mapping[str, bytes], runtime: RuntimeName) -> Run:
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return Run.load(folder, runtime)


def start(out: str, workers: int | None, most: int, runtime: RuntimeName) -> list[Any]:
    """Begin workers, `most` at most; those that the cluster has no room for begin when it has."""
    has = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus, cores = has.get("GPU", 0), has.get("CPU", 1)
    count = min(workers or int(gpus or cores), most)
    share = min(1.0, gpus / count) if gpus else 0
    # Restarted as often as machines are lost; a part that ends its worker every time is given up.
    remote = ray.remote(num_cpus=1, num_gpus=share, max_restarts=-1, max_task_retries=_TRIES - 1)(Worker)
    place = out if is_address(out) else str(Path(out).absolute())
    threads = max(2, int(cores // count))  # a GPU waits for them; on a core one decodes while the other encodes
    return [remote.remote(place, threads, runtime) for _ in range(count)]


def write_parts(
    workers: list[Any], files: Any, names: Sequence[str], manifest: Manifest, parts: Sequence[int]
) -> Iterator[int]:
    """Have the parts written; their numbers, as they are done.

    Args:
        workers: the list is emptied: a worker ends when nothing names it, and leaves its place to one that waits.
        files: a reference to those of the run.
        names: of all samples.
        manifest: which samples are in which part.
        parts: which are to be written.

    Raises:
        DataError: some parts ended their worker each time; the others are written.
    """
    waiting, unfinished, given_up = deque(parts), len(parts), []
    running: dict[Any, tuple[Any, int | None]] = {worker.version.remote(): (worker, None) for worker in workers}
    workers.clear()
    while unfinished:
        (ready,), _ = ray.wait(list(running), num_returns=1)
        worker, part = running.pop(ready)
        if part is None:
            _require_same_version(ready)
        else:
            unfinished -= 1
            if not _is_written(ready, part):
                given_up.append(part)
            yield part
        if waiting:
            part = waiting.popleft()
            own = list(names[manifest.rows(part)])
            places = [name if is_address(name) else str(Path(name).absolute()) for name in own]
            running[worker.write.remote([files], part, own, places)] = (worker, part)
    if given_up:
        first, *_ = names[manifest.rows(given_up[0])]
        raise DataError(
            f"{counted(len(given_up), 'part')} ended the worker {_TRIES} times, part {given_up[0]} (from {first}) for "
            "one: too little memory, or a picture that breaks a decoder; all other parts are written"
        )


def _require_same_version(ready: Any) -> None:
    try:
        theirs = ray.get(ready)
    except ray.exceptions.RayActorError as error:
        raise DataError(f"a worker cannot be started: {one_line(error)[-300:]}") from error
    if theirs != version("multihot"):
        raise DataError(f"a worker has multihot {theirs}, and this is {version('multihot')}; install one everywhere")


def _is_written(ready: Any, part: int) -> bool:
    """Whether a part is written; else it ended its worker each time."""
    try:
        ray.get(ready)
    except ray.exceptions.RayActorError:
        return False
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, OSError):
            raise DataError(f"part {part} cannot be written: {reason_of(error.cause)}") from error
        raise error.cause from error
    return True
