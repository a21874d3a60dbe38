"""Prediction by many processes, as flags of `predict`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from multihot.data.picture_names import is_address
from multihot.errors import ArgumentError
from multihot.models import RuntimeName
from multihot.predict.ray_engine import SAMPLES_A_PART, predict_on_ray


@Parameter(name="*")
@dataclass(frozen=True)
class Cluster:
    """Many processes that predict: what runs them, and how many."""

    engine: Annotated[
        Literal["ray"] | None,
        Parameter(help="Predict by many processes, on the cluster that RAY_ADDRESS names or here; --out is a folder."),
    ] = None
    workers: Annotated[
        int | None,
        Parameter(help="With --engine ray: processes; one for each GPU, or core where there is none, by default."),
    ] = None
    samples_per_part: Annotated[
        int | None,
        Parameter(help=f"With --engine ray: samples in each file that is written; {SAMPLES_A_PART} by default."),
    ] = None

    def predict(
        self, run: Path, inputs: tuple[str, ...], out: str | None, overwrite: bool, runtime: RuntimeName
    ) -> None:
        """Write parts to a folder."""
        if out is None:
            raise ArgumentError("--engine ray writes many files: name a folder for them by --out")
        if overwrite:
            raise ArgumentError("--overwrite: parts that are written stay, and the rest is added; choose another --out")
        samples_a_part = SAMPLES_A_PART if self.samples_per_part is None else self.samples_per_part
        predict_on_ray(run, inputs, out, workers=self.workers, samples_a_part=samples_a_part, runtime=runtime)


ALONE = Cluster()


def local_path(out: str) -> Path:
    """A file on this machine's disk."""
    if is_address(out):
        raise ArgumentError(f"--out {out}: a file is written on disk; --engine ray writes a folder anywhere")
    return Path(out)
