"""An encoder in onnxruntime."""

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from multihot.models.encoders import Encoder
from multihot.models.graph import onnx_graph
from multihot.models.runtime.runtimes import Outputs, channels_last

GRAPH = "encoder.onnx"


class _OfChannelsLast(nn.Module):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pictures: Tensor) -> Tensor:
        outputs: Tensor = self.encoder(pictures.permute(0, 3, 1, 2))
        return outputs


def by_onnxruntime(encoder: Encoder, folder: Path) -> Outputs:
    """The encoder's outputs on torch's number of threads; the graph is kept in the folder."""
    import onnxruntime

    graph = folder / GRAPH
    if not graph.is_file():
        _keep(encoder, graph)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # what concerns the user is raised
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # pictures are decoded meanwhile
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(pictures: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {"pictures": channels_last(pictures)})[0])

    return run


def _keep(encoder: Encoder, graph: Path) -> None:
    import onnx

    size = encoder.spec.size
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    graph.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=graph.parent) as folder:
        part = Path(folder) / graph.name
        onnx.save(onnx_graph(_OfChannelsLast(encoder), example, "pictures", ["features"]), part)
        part.replace(graph)
