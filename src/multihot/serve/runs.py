"""Several runs side by side under names, and loading them again while they are asked."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multihot.errors import ArgumentError, LabelError, MultihotError
from multihot.explain import Method
from multihot.progress import logger
from multihot.serve.model import Judged
from multihot.serve.problems import Refused
from multihot.serve.service import Kind, Service
from multihot.serve.settings import ServeSettings
from multihot.serve.telemetry import Telemetry


class Submitted(NamedTuple):
    """Parts of a request that are being judged, and by what."""

    service: Service
    futures: "Sequence[Future[Judged]]"


class Explained(NamedTuple):
    """Heat maps that are being made."""

    run: str
    method: Method
    future: "Future[NDArray[np.float32]]"


class Runs:
    """What is served.

    Args:
        paths: name -> run directory or .onnx file; the first is asked where no name is given.
        settings: limits and batches.

    Raises:
        MultihotError: one cannot be loaded.
    """

    def __init__(self, paths: Mapping[str, Path], settings: ServeSettings) -> None:
        if not paths:
            raise ArgumentError("nothing to serve: name a run directory, or an .onnx file that `multihot export` wrote")
        self.settings = settings
        self.telemetry = Telemetry(paths)
        self._paths = dict(paths)
        self._lock = Lock()
        self._services = self._load()

    @classmethod
    def named(cls, runs: Sequence[str], settings: ServeSettings) -> "Runs":
        """From PATH or NAME=PATH; without a name, the folder's or the file's."""
        paths: dict[str, Path] = {}
        for run in runs:
            name, equals, path = run.partition("=")
            if not equals or Path(run).exists():
                own = Path(run).resolve()
                name, path = own.stem if own.suffix == ".onnx" else own.name, run
            if not name or name in paths:
                raise ArgumentError(f"{run}: a run is served as {name!r} already; give it a name: NAME={path}")
            paths[name] = Path(path)
        return cls(paths, settings)

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services.values())

    @property
    def alive(self) -> bool:
        """Whether all of them can judge."""
        return all(service.worker.alive for service in self)

    def get(self, name: str | None) -> Service:
        """The one of this name, the first where there is no name."""
        services = self._services
        if name is None:
            return next(iter(services.values()))
        if name not in services:
            raise Refused(404, f"no run {name!r}; there are {', '.join(services)}", "query.run", "see /v1/runs")
        return services[name]

    def submit(self, name: str | None, kind: Kind, parts: Sequence[Any]) -> Submitted:
        """Have parts of a request judged; none is lost when runs are loaded again meanwhile.

        Raises:
            Refused: there is no such run, or it takes no parts of this kind.
        """
        with self._lock:
            service = self.get(name)
            if service.kind != kind:
                raise Refused(422, f"the run {service.name!r} takes {service.kind}, got {kind}", "body", "see /v1/runs")
            return Submitted(service, [service.worker.submit(part) for part in parts])

    def explain(self, name: str | None, content: bytes, labels: Sequence[str]) -> Explained:
        """Have heat maps made of a picture file's bytes; none is lost when runs are loaded again meanwhile.

        Raises:
            Refused: there is no such run, it has no heat maps, or not these labels.
        """
        with self._lock:
            service = self.get(name)
            if service.explainer is None:
                what = f"the run {service.name!r} has no heat maps"
                remedy = "runs of pictures have them, exported files have not; some heads need 'multihot[explain]'"
                raise Refused(422, what, "query.run", remedy)
            try:
                places = [service.space.index(label) for label in labels]
            except LabelError as error:
                raise Refused(422, str(error), "query.label", "see /v1/labels") from error
            return Explained(service.name, service.explainer.method, service.explainer.submit(content, places))

    def reload(self) -> bool:
        """Load all again; what was submitted is still judged by the old. Where one fails, the old ones stay.

        Returns:
            Whether it worked.
        """
        try:
            fresh = self._load()
        except (MultihotError, OSError) as error:
            logger.error("not loaded again, the old runs stay: %s", error)
            return False
        with self._lock:
            old, self._services = self._services, fresh
        for service in old.values():
            service.close()
        logger.info("loaded again: %s", ", ".join(fresh))
        return True

    def close(self) -> None:
        """Finish what was submitted, then end."""
        with self._lock:
            for service in self:
                service.close()

    def _load(self) -> dict[str, Service]:
        loaded: dict[str, Service] = {}
        try:
            for name, path in self._paths.items():
                loaded[name] = Service.load(name, path, self.settings, self.telemetry.observer(name))
        except Exception:
            for service in loaded.values():
                service.close()
            raise
        return loaded
