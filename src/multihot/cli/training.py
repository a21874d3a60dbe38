"""Commands that train a run."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from multihot import processes
from multihot.cli.app import Flag
from multihot.cli.reader import AS_RECOGNISED, Reader
from multihot.console import figures_table, pairs, prediction_line, show
from multihot.data import read
from multihot.labels import Relations
from multihot.models import RuntimeName
from multihot.progress import logger
from multihot.recipe import Recipe, override, read_yaml
from multihot.report import write_report
from multihot.run import ListedRun, Run, free_name
from multihot.train import train as train_recipe


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


def demo(*, out: Path = Path("multihot-demo")) -> None:
    """Make scenes of handwritten digits, train on them and report: under a minute, no download.

    Args:
        out: where scenes and run are written.
    """
    from multihot.demo import RECIPE, write_scenes  # what makes them takes long to import

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
