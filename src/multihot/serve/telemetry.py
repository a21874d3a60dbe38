"""What Prometheus may ask for."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Telemetry:
    """Counters of one application.

    Args:
        names: of what is served.
    """

    def __init__(self, names: Iterable[str]) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter("multihot_requests", "Requests answered", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "multihot_request_seconds", "From request to answer", ["path"], buckets=SECONDS, registry=registry
        )
        self.waiting = Gauge("multihot_waiting", "Accepted and not yet answered: pictures or rows", registry=registry)
        self.samples = Counter("multihot_samples", "Samples answered", ["run", "outcome"], registry=registry)
        self._parts = Histogram(
            "multihot_batch_parts", "Parts judged together", ["run"], buckets=BATCHES, registry=registry
        )
        self._judging = Histogram(
            "multihot_batch_seconds", "Judging a batch", ["run"], buckets=SECONDS, registry=registry
        )
        for name in names:
            self.observer(name)

    def observer(self, name: str) -> Callable[[int, float], None]:
        """To be told of each batch of a run: its size, and its seconds."""
        parts, judging = self._parts.labels(name), self._judging.labels(name)

        def observe(size: int, seconds: float) -> None:
            parts.observe(size)
            judging.observe(seconds)

        return observe

    def count_samples(self, name: str, errors: Sequence[str | None]) -> None:
        """Count samples that a run answered, by whether they could be read."""
        unread = sum(error is not None for error in errors)
        self.samples.labels(name, "unreadable").inc(unread)
        self.samples.labels(name, "answered").inc(len(errors) - unread)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self._registry)
