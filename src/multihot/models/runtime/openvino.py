"""An encoder in OpenVINO."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from multihot.models.encoders import Encoder
from multihot.models.runtime.runtimes import Outputs, channels_last

GRAPH = "openvino.xml"
EXAMPLES = 2  # with one, the tracer takes the size of the batch for fixed
PRECISION = "f32"
"""In half precision, which processors that have it take by themselves, features differ by several percent."""
STREAMS = 4
"""Parts of a batch that are computed side by side, at most: threads that share a layer wait for each other after it,
and for all that others do on their cores. With more, parts of the usual batch become too small."""


def by_openvino(encoder: Encoder, folder: Path) -> Outputs:
    """The encoder's outputs on torch's number of threads; the graph is kept in the folder.

    Raises:
        RuntimeError: OpenVINO cannot take the encoder.
    """
    import openvino

    graph = folder / GRAPH
    if not graph.is_file():
        _keep(_converted(encoder), graph)
    threads = torch.get_num_threads()
    streams = min(threads, STREAMS)
    settings = {"INFERENCE_PRECISION_HINT": PRECISION, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams}
    model = openvino.Core().compile_model(graph, "CPU", settings)
    requests = [model.create_infer_request() for _ in range(streams)]

    def run(pictures: Tensor) -> Tensor:
        parts = np.array_split(channels_last(pictures), min(streams, len(pictures)))
        begun = list(zip(requests, parts, strict=False))
        for request, part in begun:
            request.start_async({0: part}, share_inputs=True)
        for request, _ in begun:
            request.wait()
        return torch.from_numpy(np.concatenate([request.get_output_tensor(0).data for request, _ in begun]))

    return run


def _converted(encoder: Encoder) -> Any:
    """OpenVINO's graph, by its frontend: `openvino.convert_model` traces thrice, and reports its use to a server."""
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    size = encoder.spec.size
    example = torch.zeros(EXAMPLES, size, size, 3, dtype=torch.uint8)
    trainable = [weight for weight in encoder.parameters() if weight.requires_grad]
    try:
        encoder.requires_grad_(False)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer's end some day, and of sizes that it takes for fixed
            # a function's weights are constants, which takes a third of the time that a module's take
            trace: Any = torch.jit.trace
            traced = trace(lambda pictures: encoder(pictures.permute(0, 3, 1, 2)), example, check_trace=False)
    finally:
        for weight in trainable:
            weight.requires_grad_(True)
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # the frontend calls it, and does not keep it
    model = frontend.convert(frontend.load(decoder))
    model.reshape([-1, size, size, 3])  # padding that depends on the size is a number now, and part of its convolution
    return model


def _keep(model: Any, graph: Path) -> None:
    """Whole or not at all: the weights lie beside the graph, and come first."""
    import openvino

    graph.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=graph.parent) as folder:
        part = Path(folder) / graph.name
        openvino.save_model(model, part, compress_to_fp16=False)
        part.with_suffix(".bin").replace(graph.with_suffix(".bin"))
        part.replace(graph)
