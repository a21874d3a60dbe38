"""Streams of several processes, brought together."""

from typing import TypeVar

import torch.distributed as distributed

from multihot.metrics.sketch import SketchStream
from multihot.metrics.streaming import ExactStream

Stream = TypeVar("Stream", ExactStream, SketchStream)


def merged_over_processes(stream: Stream) -> Stream:
    """The streams of all processes as one, in each of them; without a process group, the stream itself.

    Call it in all processes; those that saw no batch are fine. Give `ids` to `update` where a sampler may hand a sample
    out twice.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return stream
    streams: list[Stream | None] = [None] * distributed.get_world_size()
    distributed.all_gather_object(streams, stream)
    gathered = [each for each in streams if each is not None]
    for other in gathered[1:]:
        gathered[0].merge(other)
    return gathered[0]
