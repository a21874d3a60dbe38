"""Real processes of torch.distributed, with doubled samples and one process that sees nothing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from multihot import metrics

WORKER = """
import json, sys
import numpy as np, torch
import torch.distributed as distributed
from multihot.metrics import ExactStream, SketchStream, merged_over_processes

torch.set_num_threads(1)
rank, folder = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=3)
data = np.load(f"{folder}/data.npz")
order = np.concatenate([np.arange(15), [0]])  # 15 samples over two processes: the first is handed out twice
own = order[rank::2] if rank < 2 else order[:0]
found = {}
for kind in (ExactStream, SketchStream):
    stream = kind(3)
    for start in range(0, len(own), 4):
        rows = own[start : start + 4]
        stream.update(**{name: data[name][rows] for name in data.files}, ids=rows)
    found[kind.__name__] = merged_over_processes(stream).compute().to_dict()
with open(f"{folder}/{rank}.json", "w") as file:
    json.dump(found, file)
distributed.destroy_process_group()
"""


def test_every_process_gets_the_figures_of_all(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.random((15, 3))
    data = {
        "targets": (generator.random((15, 3)) < probabilities).astype(float),
        "probabilities": probabilities,
        "decided": probabilities > 0.5,
    }
    np.savez(tmp_path / "data.npz", **data)
    (tmp_path / "worker.py").write_text(WORKER)
    command = [sys.executable, str(tmp_path / "worker.py")]
    workers = [subprocess.Popen([*command, str(rank), str(tmp_path)]) for rank in range(3)]  # noqa: S603
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    exact = metrics.report(**data).to_dict()
    first, *others = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3))
    assert others == [first, first]
    assert first["ExactStream"] == exact
    for name in ("exact_match", "micro_f1", "label_ranking_average_precision"):
        assert first["SketchStream"][name]["value"] == pytest.approx(exact[name]["value"], abs=1e-9)


def test_without_processes_a_stream_stays_as_it_is() -> None:
    stream = metrics.ExactStream(2)
    assert metrics.merged_over_processes(stream) is stream
