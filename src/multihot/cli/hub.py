"""The commands that take a run to the Hugging Face hub, and fetch one from there."""

from pathlib import Path
from typing import Annotated

from multihot.cli.app import Flag
from multihot.hub import pull as pull_run
from multihot.hub import push as push_run
from multihot.progress import logger
from multihot.run import load_run


def push(
    run: Path,
    name: str,
    /,
    *,
    public: Annotated[bool, Flag] = False,
    with_scores: Annotated[bool, Flag] = False,
) -> None:
    """Write RUN with a model card to the Hugging Face hub, as the private repository NAME.

    Args:
        run: a run directory.
        name: OWNER/NAME; a run that it holds is replaced.
        public: all may see it.
        with_scores: ids, targets and scores of the run's own samples go along, and the report, which shows some.
    """
    address = push_run(load_run(run), name, public=public, with_scores=with_scores)
    if not with_scores:
        logger.info("left out: scores.parquet, split.parquet and report.html, which name samples (--with-scores)")
    logger.info("pushed: %s (%s)", address, "public" if public else "private")


def pull(name: str, /, *, out: Path | None = None) -> None:
    """Fetch the run NAME from the Hugging Face hub, and check that it loads.

    Args:
        name: OWNER/NAME.
        out: a new run directory; runs/NAME by default.
    """
    logger.info("run: %s", pull_run(name, out))
