import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from PIL import Image

from multihot.errors import ArgumentError, MissingExtraError
from multihot.predict import PredictionFile, predict, predict_on_ray, ray_engine
from multihot.predict.parts import PartsFolder
from multihot.run import Run

PICTURES = 5000
A_PART = 250
PARTS = 20


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """The sockets of Ray lie below the folder for temporary files, and their paths must be short."""
    folder = Path(tempfile.mkdtemp(prefix="mh"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def write_pictures(folder: Path) -> None:
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(PICTURES):
        pixels = (np.array((220, 30, 30)) + random.integers(-30, 30, (8, 8, 3))).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04}.bmp")
    (folder / "4999.bmp").write_bytes(b"BM, and then nothing")


def begin(run: Run, short_tmp: Path, out: Path) -> subprocess.Popen[str]:
    flags = ["--engine", "ray", "--workers", "2", "--samples-per-part", str(A_PART), "--out", str(out)]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "multihot", "predict", str(run.folder), "pictures/*.bmp", *flags],
        cwd=out.parent,
        env=os.environ | {"TMPDIR": str(short_tmp), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(so_many: int, out: Path, driver: subprocess.Popen[str]) -> None:
    while len(list(out.glob("part-*"))) < so_many:
        assert driver.poll() is None, driver.communicate()[1]
        time.sleep(0.02)


def workers_of(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    below = psutil.Process(driver.pid).children(recursive=True)
    return [process for process in below if process.name().startswith("ray::Worker")]


def test_killed_workers_and_drivers_cost_no_sample_and_double_none(
    shapes_run: Run, tmp_path: Path, short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "pictures")
    out = tmp_path / "out"
    driver = begin(shapes_run, short_tmp, out)
    wait_for(3, out, driver)
    while len(left := workers_of(driver)) < 2:  # one may come long after the other
        assert driver.poll() is None, driver.communicate()[1]
        time.sleep(0.02)
    left[0].send_signal(signal.SIGKILL)
    wait_for(8, out, driver)
    of_first = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    everything = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.communicate()
    psutil.wait_procs(everything, timeout=30)
    assert len(PartsFolder(out).written()) < PARTS

    driver = begin(shapes_run, short_tmp, out)
    said = driver.communicate(timeout=300)[1]
    assert driver.returncode == 0, said
    assert "of 20 parts are there already" in said
    assert "1 of " in said
    assert "written: 5,000 samples in 20 parts: " in said
    assert {name: (out / name).stat().st_mtime_ns for name in of_first} == of_first
    assert len(list(out.iterdir())) == PARTS + 1

    monkeypatch.chdir(tmp_path)
    with PredictionFile(tmp_path / "plain.parquet", shapes_run.space) as file:
        for label_set in predict(shapes_run, "pictures/*.bmp"):
            file.write(label_set)
    plain, parts = pq.read_table(tmp_path / "plain.parquet"), ds.dataset(out, format="parquet").to_table()
    assert parts.select(["id", "labels", "error"]).equals(plain.select(["id", "labels", "error"]))
    assert len(set(parts["id"].to_pylist())) == PICTURES
    assert parts.schema.equals(plain.schema, check_metadata=True)
    for name in parts.column_names[3:]:
        np.testing.assert_allclose(parts[name].to_numpy(), plain[name].to_numpy(), atol=1e-5)


@pytest.fixture
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that must not be started."""
    monkeypatch.setitem(sys.modules, "multihot.predict.ray_workers", None)


@pytest.mark.usefixtures("no_cluster")
def test_what_is_whole_is_left_alone(shapes_run: Run, shapes: Path, tmp_path: Path) -> None:
    names = [str(path) for path in sorted((shapes / "red").iterdir())]
    manifest = ray_engine.Manifest.of(ray_engine._run_files(shapes_run.folder), names, 10)
    folder = PartsFolder(tmp_path / "out")
    folder.open(manifest)
    for part in range(manifest.parts):
        with folder.writer(part, shapes_run.space.names) as writer:
            for label_set in shapes_run.predict(names[manifest.rows(part)]):
                writer.write(label_set)
    predict_on_ray(shapes_run.folder, shapes / "red", tmp_path / "out", samples_a_part=10)
    assert ds.dataset(tmp_path / "out", format="parquet").to_table()["id"].to_pylist() == names


def test_without_ray_its_extra_is_named(shapes_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'multihot\[ray\]'"):
        predict_on_ray(shapes_run.folder, "a.jpg", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_runs_on_vectors_are_one_line(shapes_run: Run, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(shapes_run.folder, run)
    (run / "features.json").write_text("{}")
    with pytest.raises(ArgumentError, match="takes feature vectors, and --engine ray predicts pictures"):
        predict_on_ray(run, "new.csv", tmp_path / "out")
    with pytest.raises(ArgumentError, match="there must be at least one worker, got 0"):
        predict_on_ray(shapes_run.folder, "a.jpg", tmp_path / "out", workers=0)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--workers", "2"], "--workers and --samples-per-part belong to --engine ray"),
        (["--engine", "ray", "--out", "o", "--samples-per-part", "0"], "a part must hold at least one sample, got 0"),
        (["--engine", "ray"], "--engine ray writes many files: name a folder for them by --out"),
        (["--engine", "ray", "--out", "o", "--overwrite"], "--overwrite: parts that are written stay"),
        (["--out", "s3://bucket/o.parquet"], "a file is written on disk"),
        (["--engine", "spark"], "Invalid value"),
    ],
)
def test_flags_that_do_not_go_together(
    flags: list[str],
    said: str,
    shapes_run: Run,
    shapes: Path,
    call: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("predict", shapes_run.folder, "a.jpg", *flags) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_addresses_are_predicted_without_ray_too(
    shapes_run: Run, shapes: Path, tmp_path: Path, call: Callable[..., int]
) -> None:
    assert call("predict", shapes_run.folder, f"file://{shapes}/red/*.png", "--out", tmp_path / "p.parquet") == 0
    found = pq.read_table(tmp_path / "p.parquet").to_pylist()
    alone = shapes_run.predict(sorted((shapes / "red").iterdir()))
    assert [row["id"] for row in found] == [f"file://{label_set.id}" for label_set in alone]
    assert [tuple(row["labels"]) for row in found] == [label_set.labels for label_set in alone]
