"""Commands about runs: train one, measure it, predict with it, report it."""

import json as json_text
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from multihot import processes
from multihot.cli.app import Flag, app
from multihot.cli.cluster import ALONE, Cluster, local_path
from multihot.cli.own_scores import NO_SCORES, OwnScores, evaluate_own
from multihot.cli.reader import AS_RECOGNISED, Reader
from multihot.console import figures_table, pairs, prediction_line, said_of_errors, show
from multihot.data import read
from multihot.demo import RECIPE, write_scenes
from multihot.errors import ArgumentError
from multihot.evaluate import evaluate as evaluate_run
from multihot.explain import explain as explain_by
from multihot.explain import write_heat_maps
from multihot.labels import Relations
from multihot.models import RuntimeName
from multihot.predict import PredictionFile, find_pictures
from multihot.predict import predict as predict_with
from multihot.progress import logger
from multihot.recipe import Recipe, override, read_yaml
from multihot.report import write_report
from multihot.run import ListedRun, Run, ScoreEvaluation, free_name, load_results, load_run
from multihot.scores import predict_from_scores, write_evaluation
from multihot.train import train as train_recipe


@app.command
def train(
    source: str,
    /,
    *,
    out: Path | None = None,
    encoder: str | None = None,
    head: str | None = None,
    loss: str | None = None,
    tune: Literal["head", "full", "head-then-full"] | None = None,
    runtime: RuntimeName | None = None,
    objective: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    relations: Path | None = None,
    config: Path | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = (),
    resume: Annotated[bool, Flag] = False,
    keep_checkpoints: Annotated[bool, Flag] = False,
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Train a classifier on SOURCE, measure it, and write a run directory with a report.

    Args:
        source: a folder or file of labelled samples.
        out: the run directory; runs/NAME by default.
        encoder: a timm model, cnn28 or cnn32; for feature vectors identity, kernel, forest or dense, for large
            label sets one_vs_rest or label_trees; auto chooses.
        head: from features to labels: linear, csra, label_queries, chain, label_sequence, label_graph or low_rank.
        loss: what training makes small: binary_cross_entropy, asymmetric, zlpr, splc, ... (docs/losses.md lists all).
        tune: fit the head on a frozen encoder, train both, or one after the other.
        runtime: what computes a frozen encoder's features; auto measures which is fastest on this machine.
        objective: what thresholds are fitted for: micro_f1, macro_f1, samples_f1, exact_match, ...; fixed cuts at 0.5.
        epochs: of full training, at most.
        seed: decides everything random.
        relations: a YAML file of what the labels imply and exclude; label sets will keep it.
        config: a recipe.yaml to start from; flags go before it.
        settings: any other setting, NAME=VALUE (encoder.size=384); may be repeated.
        resume: go on with the unfinished run in --out, or start it.
        keep_checkpoints: leave checkpoints/ in the run.
        reader: how SOURCE is read.
    """
    given = {
        "encoder.name": encoder,
        "head.name": head,
        "loss.name": loss,
        "tune": tune,
        "runtime": runtime,
        "decision.objective": objective,
        "full.epochs": epochs,
        "seed": seed,
    }
    changes = {name: str(value) for name, value in given.items() if value is not None} | pairs(settings, "--set")
    recipe = Recipe.parse(override(read_yaml(config) if config else {}, changes)) if config or changes else None
    samples = reader.read(source)
    if relations is not None:
        samples = samples.with_space(samples.space.with_relations(Relations.load(relations), str(relations)))
    run = train_recipe(samples, recipe, out, resume=resume, keep_checkpoints=keep_checkpoints)
    if processes.is_first():
        _finish(run)


@app.command
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


@app.command
def predict(
    run: Path,
    /,
    *inputs: str,
    own: OwnScores = NO_SCORES,
    out: str | None = None,
    explain: Path | None = None,
    overwrite: Annotated[bool, Flag] = False,
    runtime: RuntimeName = "auto",
    cluster: Cluster = ALONE,
) -> None:
    """Give label sets to pictures, feature vectors, or scores of another tool's model.

    Args:
        run: a run directory, or what export wrote (.onnx); with --scores, what evaluate --scores --out wrote.
        inputs: picture files, folders or glob patterns, addresses too (s3://bucket/*.jpg); for a run on feature
            vectors, files of these.
        own: new scores of the model whose scores were evaluated.
        out: a .jsonl, .csv or .parquet file, with --engine a folder; the screen by default.
        explain: a folder for heat maps of pictures: a PNG for each label decided, where in the picture it was seen.
        overwrite: replace the file where there is one of that name, and write into a folder that is not empty.
        runtime: what computes the features of pictures; auto measures which is fastest on this machine.
        cluster: many processes instead of one.
    """
    loaded: Run | ListedRun | ScoreEvaluation
    if cluster != ALONE and (cluster.engine is None or own != NO_SCORES or explain is not None):
        raise ArgumentError(
            "--workers and --samples-per-part belong to --engine ray, which takes neither --scores nor --explain"
        )
    if own != NO_SCORES:
        if explain is not None:
            raise ArgumentError("--explain: scores of another tool's model tell nothing of where labels were seen")
        loaded = ScoreEvaluation.load(run)
        label_sets = said_of_errors(predict_from_scores(loaded, own.read()))
    elif not inputs:
        raise ArgumentError(
            "nothing to predict: after the run, name pictures, folders or glob patterns, or files of feature vectors"
        )
    elif cluster != ALONE:
        cluster.predict(run, inputs, out, overwrite)
        return
    else:
        loaded = load_run(run, runtime)
        if explain is None:
            label_sets = said_of_errors(predict_with(loaded, inputs))
        else:
            explanations = explain_by(loaded, find_pictures(inputs))
            label_sets = said_of_errors(write_heat_maps(explanations, explain, overwrite=overwrite))
    if out is None:
        for label_set in label_sets:
            show(prediction_line(label_set))
        return
    lists = isinstance(loaded, ListedRun)
    with PredictionFile(local_path(out), loaded.space, overwrite=overwrite, lists=lists) as file:
        for label_set in label_sets:
            file.write(label_set)
    logger.info("written: %s", out)


@app.command
def report(run: Path, /) -> None:
    """Write report.html and plots of RUN again.

    Args:
        run: a run directory, or what evaluate --scores --out wrote.
    """
    logger.info("report: %s", write_report(load_results(run)))


@app.command
def demo(*, out: Path = Path("multihot-demo")) -> None:
    """Make scenes of handwritten digits, train on them and report: under a minute, no download.

    Args:
        out: where scenes and run are written.
    """
    logger.info("writing scenes of handwritten digits to %s", out)
    samples = read(write_scenes(out))
    run = train_recipe(samples, RECIPE, free_name(out / "run"))
    pictures = [str(path) for path in sorted(out.glob("images/test-*.png"))[:6]]
    show("Label sets of a few test scenes:")
    for label_set in run.predict(pictures):
        show(prediction_line(label_set))
    _finish(run)


def _finish(run: Run | ListedRun) -> None:
    page = write_report(run)
    show(figures_table(run.metrics()))
    show(f"run:    {run.folder}\nreport: {page}")
