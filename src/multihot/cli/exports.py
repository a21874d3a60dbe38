"""The command that takes a run out into the world."""

from pathlib import Path
from typing import Annotated

from multihot.cli.app import Flag
from multihot.cli.reader import AS_RECOGNISED, Reader
from multihot.console import show
from multihot.data import Samples, read
from multihot.errors import DataError
from multihot.export import export as export_run
from multihot.onnx import Precision, SelfCheck
from multihot.progress import logger
from multihot.run import Run
from multihot.wording import counted


def export(
    run: Path,
    /,
    *,
    to: Path,
    precision: Precision = "float32",
    source: str | None = None,
    overwrite: Annotated[bool, Flag] = False,
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Write RUN as one ONNX file, from decoded pictures to label sets, and check it.

    Args:
        run: a run directory.
        to: a new .onnx file.
        precision: float16 halves the file, int8 makes it about a third; what that costs on test samples is said.
        source: the samples that RUN was trained on, where they are not where they were.
        overwrite: replace the file where there is one of that name.
        reader: how the source is read.
    """
    loaded = Run.load(run)
    samples = _own_samples(loaded) if source is None else reader.read(source)
    description = export_run(loaded, to, precision=precision, samples=samples, overwrite=overwrite)
    if description.check is not None:
        show(said_of(description.check))
    logger.info("written: %s (%.1f MB)", to, to.stat().st_size / 1e6)


def _own_samples(run: Run) -> Samples | None:
    """The feature vectors that a run was trained on, where its source can be read as it stands."""
    source = Path(run.recipe.provenance.get("source", ""))
    if run.features is None or not source.exists():
        return None
    try:
        return read(source)
    except DataError:
        return None


def said_of(check: SelfCheck) -> str:
    """How a file compared with the run that it was made of.

    >>> print(said_of(SelfCheck(200, 1.0, 3e-6, 0.0, None)))
    on 200 test samples: 100.00 % of labels decided as by the run, probabilities within 3e-06
    mean_average_precision lost: 0.0000
    """
    lost = {"mean_average_precision": check.mean_average_precision_lost, "exact_match": check.exact_match_lost}
    same = f"{100 * check.cells_equal:.2f} % of labels decided as by the run"
    lines = [
        f"on {counted(check.samples, 'test sample')}: {same}, probabilities within {check.largest_difference:.0e}",
        *(f"{name} lost: {figure:.4f}" for name, figure in lost.items() if figure is not None),
    ]
    return "\n".join(lines)
