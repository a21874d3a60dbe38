"""What the command line says: progress lines, tables of figures, label sets, and one line for an error."""

import logging
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table

from multihot import processes
from multihot.errors import ArgumentError, DataError, one_line
from multihot.labels import LabelSet

HEADLINE = (
    "exact_match",
    "hamming_loss",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "macro_f1",
    "samples_f1",
    "mean_average_precision",
)
HEADLINE_OF_LISTS = (
    "precision_at_1",
    "precision_at_3",
    "precision_at_5",
    "ndcg_at_5",
    "propensity_scored_precision_at_5",
    "micro_f1",
    "samples_f1",
    "macro_f1",
    "exact_match",
)
PROBABILITIES_SHOWN = 5


def log_to_screen() -> None:
    """Send multihot's progress lines to standard error, each with the seconds since the start."""
    started = time.monotonic()

    class Elapsed(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
            return f"{time.monotonic() - started:6.1f} s  {level}{record.getMessage()}"

    handler = logging.StreamHandler()
    handler.setFormatter(Elapsed())
    logger = logging.getLogger("multihot")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO if processes.is_first() else logging.CRITICAL)


def show(what: RenderableType) -> None:
    """Print to standard output."""
    if isinstance(what, str):
        print(what, flush=True)
    else:
        Console().print(what)


def fail(error: BaseException, status: int, debug: bool) -> int:
    """Say what went wrong in one line, or with the traceback, and hand the exit status back.

    Of several processes, the first that fails speaks.
    """
    if debug:
        traceback.print_exception(error)
    text = one_line(error)
    kind = "" if status == 2 else f"{type(error).__name__}: "
    hint = "" if status == 2 or debug else " (more with --debug)"
    if processes.first_to_say(text):
        print(f"multihot: {kind}{text}{hint}", file=sys.stderr, flush=True)
    return status


def pairs(settings: Iterable[str], flag: str) -> dict[str, Any]:
    """NAME=VALUE settings as a dictionary.

    >>> pairs(["encoder.size=384"], "--set")
    {'encoder.size': '384'}
    """
    result = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise ArgumentError(f"{flag} {setting}: expected NAME=VALUE")
        result[name.strip()] = value
    return result


def figures_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """The headline figures with their 95 % intervals, a column for each set of samples."""
    table = Table("", *figures, box=None, title="Figures with 95 % intervals", title_justify="left")
    lists = not any("mean_average_precision" in part for part in figures.values())
    for name in HEADLINE_OF_LISTS if lists else HEADLINE:
        table.add_row(name, *(_figure(part.get(name)) for part in figures.values()))
    return table


def _figure(interval: Mapping[str, float | None] | None) -> str:
    if not interval or interval["value"] is None:
        return "–"
    if interval["low"] is None or interval["high"] is None:
        return f"{interval['value']:.3f}"
    return f"{interval['value']:.3f}  ({interval['low']:.3f} to {interval['high']:.3f})"


def said_of_errors(label_sets: Iterable[LabelSet]) -> Iterator[LabelSet]:
    """Pass label sets on, and say at the end how many pictures could not be read.

    Raises:
        DataError: none could be read.
    """
    count = failed = 0
    for label_set in label_sets:
        count += 1
        failed += label_set.error is not None
        yield label_set
    if failed and failed == count:
        raise DataError(f"none of the {count} pictures could be read; the last: {label_set.id}: {label_set.error}")
    if failed:
        logging.getLogger("multihot").warning("%d of %d pictures could not be read; each says why", failed, count)


def prediction_line(label_set: LabelSet) -> str:
    """One line for one sample: its name, its labels, and the highest probabilities.

    >>> prediction_line(LabelSet("a.jpg", ("blue",), {"blue": 0.98, "shirt": 0.2}))
    'a.jpg  blue  (blue 0.98, shirt 0.20)'
    """
    if label_set.error is not None:
        return f"{label_set.id}  error: {label_set.error}"
    ranked = sorted(label_set.probabilities.items(), key=lambda item: -item[1])[:PROBABILITIES_SHOWN]
    probabilities = ", ".join(f"{name} {probability:.2f}" for name, probability in ranked)
    return f"{label_set.id}  {', '.join(label_set.labels) or '(no label)'}  ({probabilities})"
