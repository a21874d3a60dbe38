"""Commands that measure a run, and show what was measured."""

import json as json_text
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from multihot.cli.app import Flag
from multihot.cli.own_scores import NO_SCORES, OwnScores, evaluate_own
from multihot.cli.reader import AS_RECOGNISED, Reader
from multihot.console import figures_table, show
from multihot.errors import ArgumentError
from multihot.evaluate import evaluate as evaluate_run
from multihot.models import RuntimeName
from multihot.progress import logger
from multihot.report import write_report
from multihot.run import load_results, load_run
from multihot.scores import write_evaluation


def evaluate(
    run: Path | None = None,
    source: str | None = None,
    /,
    *,
    own: OwnScores = NO_SCORES,
    targets: str | None = None,
    objective: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = (),
    out: Path | None = None,
    json: Annotated[bool, Flag] = False,
    ignore_unknown_labels: Annotated[bool, Flag] = False,
    runtime: RuntimeName = "auto",
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Measure RUN on labelled samples, or another tool's model by its scores.

    Args:
        run: a run directory.
        source: a folder or file of labelled samples.
        own: scores of another tool's model, in the place of RUN and SOURCE.
        targets: with --scores: what is true, a table with the same ids or any other source.
        objective: with --scores: what thresholds are fitted for: micro_f1, macro_f1, ...; fixed cuts at 0.5.
        settings: with --scores: another setting of the decision, NAME=VALUE (calibration=isotonic); may be repeated.
        out: with --scores: a new folder for figures, decision and report.
        json: print JSON.
        ignore_unknown_labels: leave out labels that the run does not know, instead of stopping.
        runtime: what computes the features of pictures; auto measures which is fastest on this machine.
        reader: how SOURCE, or --targets, is read.
    """
    if own != NO_SCORES or targets is not None:
        if run is not None or own.scores is None or targets is None:
            raise ArgumentError("another tool's model needs --scores and --targets, and neither RUN nor SOURCE")
        found = evaluate_own(own, targets, reader, objective, settings)
        parts = {part: of_part.to_dict() for part, of_part in found.reports.items()}
        show(json_text.dumps(parts["test"], indent=1) if json else figures_table(parts))
        if out is not None:
            logger.info("report: %s", write_report(write_evaluation(found, out)))
        return
    if run is None or source is None:
        raise ArgumentError("name a run and labelled samples (RUN SOURCE), or --scores and --targets")
    if objective is not None or settings or out is not None:
        raise ArgumentError("--objective, --set and --out belong to --scores: a run has its decision already")
    loaded = load_run(run, runtime)
    samples = reader.read(source, loaded.space, ignore_unknown_labels=ignore_unknown_labels)
    for note in samples.notes:
        logger.info("source: %s", note)
    evaluation = evaluate_run(loaded, samples)
    for sample in evaluation.set_aside:
        logger.warning("set aside %s: %s", sample.id, sample.reason)
    figures = evaluation.report.to_dict()
    show(json_text.dumps(figures, indent=1) if json else figures_table({f"{evaluation.samples} samples": figures}))


def report(run: Path, /) -> None:
    """Write report.html and plots of RUN again.

    Args:
        run: a run directory, or what evaluate --scores --out wrote.
    """
    logger.info("report: %s", write_report(load_results(run)))
