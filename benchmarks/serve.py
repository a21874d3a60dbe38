"""Does a server hold: is it as fast as the bare model, fair to many clients, and whole after too much?

`python benchmarks/serve.py [SECONDS] [RUNTIME]` trains a small run on photographs of clothes, serves it in a process of
its own, and asks it from this one. The bare model is the same classifier in the same runtime on the same photographs,
decoded beforehand, at its best batch size, measured before and after, with no server at work. What decoding takes is
told by `Run.label_sets`, from encoded pictures to label sets in one process.
"""

import asyncio
import contextlib
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import multihot as mh
from multihot.data import decode_bytes
from multihot.data.loading import resize
from multihot.memory import keep_large_blocks
from multihot.models import Classifier, Forward, RuntimeName, picture_logits
from multihot.run import Run

DATA = Path(os.environ.get("MULTIHOT_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
ENCODER = "tf_efficientnet_lite0"
SIZE = 224
CLIENTS = 64
PICTURES = 200
BATCHES = (4, 8, 16, 32, 64)


def main(seconds: float, runtime: RuntimeName) -> None:
    """All of it, one after another."""
    keep_large_blocks()
    with tempfile.TemporaryDirectory() as folder:
        run = replace(small_run(Path(folder)), runtime=runtime)
        photographs = [path.read_bytes() for path in picture_files()[:PICTURES]]
        before = bare_model(run, photographs), with_decoding(run, photographs)
        with served(run, "--runtime", runtime, "--set", "max_waiting=256") as (address, process):
            asyncio.run(steady(address, photographs, min(seconds, 3)))  # warm
            load = asyncio.run(steady(address, photographs, seconds))
            print(f"memory of the server: {resident(process):.0f} MB")
        after = bare_model(run, photographs), with_decoding(run, photographs)
        show_load(load, max(before[0], after[0]), max(before[1], after[1]), seconds)
        with served(run, "--runtime", runtime, "--set", "max_waiting=48") as (address, process):
            first = resident(process)
            overload = asyncio.run(steady(address, photographs, min(seconds, 10), per_request=4))
            rest = asyncio.run(steady(address, photographs, 5, clients=4))
            show_overload(overload, rest, first, resident(process))


def picture_files() -> list[Path]:
    """Photographs in an order that mixes labels."""
    files = sorted((DATA / "clothes").glob("*/*"))
    random.Random(0).shuffle(files)  # noqa: S311
    return files


def small_run(folder: Path) -> Run:
    """A linear head on a pretrained encoder, fitted to a few photographs: what it says does not matter here."""
    source = folder / "clothes"
    for path in picture_files()[:150]:
        own = source / path.parent.name
        own.mkdir(parents=True, exist_ok=True)
        (own / path.name).symlink_to(path.resolve())
    recipe = mh.Recipe.model_validate({"encoder": {"name": ENCODER, "size": SIZE}, "tune": "head"})
    run = mh.train(mh.read(str(source)), recipe, folder / "run")
    assert isinstance(run, Run)
    return run


def bare_model(run: Run, photographs: Sequence[bytes]) -> float:
    """Pictures a second at the best batch size, decoded and resized beforehand."""
    classifier = run.classifier
    assert isinstance(classifier, Classifier)
    pictures = torch.stack([resize(decode_bytes(content), SIZE) for content in photographs])
    forward = Forward(classifier.encoder, run.runtime)
    forward.settle(pictures[:16], 10_000)
    rates = {}
    for size in BATCHES:
        taken = []
        for start in range(0, min(len(pictures), 128) - size + 1, size):
            started = time.perf_counter()
            picture_logits(classifier.head, forward, pictures[start : start + size], size)
            taken.append(time.perf_counter() - started)
        rates[size] = size / statistics.median(taken)
    best = max(rates, key=lambda size: rates[size])
    shown = ", ".join(f"{size}: {rate:.1f}/s" for size, rate in rates.items())
    print(f"bare model by {forward.runtime}: {shown}; best at {best}")
    return rates[best]


@dataclass(frozen=True)
class Held:
    """Pictures in memory, as files hold them."""

    contents: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.contents)

    def read(self, row: int) -> bytes:
        """As `Images` has it."""
        return self.contents[row]

    def decode(self, row: int) -> NDArray[np.uint8]:
        """As `Images` has it."""
        return decode_bytes(self.contents[row])

    def take(self, rows: Sequence[int]) -> "Held":
        """As `Images` has it."""
        return Held([self.contents[row] for row in rows])


def with_decoding(run: Run, photographs: Sequence[bytes]) -> float:
    """Pictures a second from encoded pictures to label sets, in one process: what a server cannot do without."""
    started = time.perf_counter()
    count = sum(1 for _ in run.label_sets([str(row) for row in range(len(photographs))], Held(photographs)))
    return count / (time.perf_counter() - started)


@contextlib.contextmanager
def served(run: Run, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The run in a process of its own; what it says on the way is kept out of sight."""
    command = [sys.executable, "-m", "multihot", "serve", str(run.folder), "--port", "0", *options]
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, stderr=log, text=True) as process:
        try:
            while not (found := re.search(r"at (http://\S+)", said(log))):
                time.sleep(0.1)
            yield found[1], process
        finally:
            process.terminate()
            process.wait(60)
            trace = said(log)
            if "Traceback" in trace:
                print("in the log of the server:", trace[trace.index("Traceback") :][:3000])


def said(log: Any) -> str:
    """All of a file that is being written."""
    return Path(f"/proc/self/fd/{log.fileno()}").read_text()


def resident(process: "subprocess.Popen[str]") -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@dataclass
class Load:
    """What clients saw.

    Args:
        seconds: that it took.
        statuses: of answers; "error" where there was none.
        latencies: of answers with status 200, in seconds.
        samples: that were answered.
    """

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    samples: int = 0


async def steady(
    address: str, photographs: Sequence[bytes], seconds: float, clients: int = CLIENTS, per_request: int = 1
) -> Load:
    """Clients that each ask again as soon as they are answered; those sent away wait as they are told."""
    load = Load()
    started = time.perf_counter()
    host, _, port = address.removeprefix("http://").rpartition(":")

    async def client(number: int) -> None:
        generator = random.Random(number)  # noqa: S311
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() - started < seconds:
            request = as_request([generator.choice(photographs) for _ in range(per_request)])
            asked = time.perf_counter()
            try:
                status, wait = await ask(reader, writer, request)
            except (OSError, EOFError) as error:
                load.statuses[f"error {type(error).__name__}"] += 1
                reader, writer = await asyncio.open_connection(host, int(port))
                continue
            load.statuses[status] += 1
            if status == "200":
                load.latencies.append(time.perf_counter() - asked)
                load.samples += per_request
            else:
                await asyncio.sleep(wait * generator.uniform(0.1, 1))
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    load.seconds = time.perf_counter() - started
    return load


def as_request(pictures: Sequence[bytes]) -> bytes:
    """Bytes of HTTP: a client that takes no time of its own, as both share the machine."""
    opening = b'--b0undary\r\ncontent-disposition: form-data; name="images"; filename="a.jpg"\r\n\r\n'
    body = b"".join(opening + picture + b"\r\n" for picture in pictures) + b"--b0undary--\r\n"
    headers = b"host: localhost\r\ncontent-type: multipart/form-data; boundary=b0undary"
    return b"POST /v1/predict HTTP/1.1\r\n%s\r\ncontent-length: %d\r\n\r\n%s" % (headers, len(body), body)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[str, float]:
    """The status of the answer, and the seconds after which to ask again."""
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    await reader.readexactly(int(fields["content-length"]))
    return head.split()[1], float(fields.get("retry-after", 1))


def show_load(load: Load, bare: float, decoding: float, seconds: float) -> None:
    rate = load.samples / load.seconds
    p50, p99 = (statistics.quantiles(load.latencies, n=100)[place] for place in (49, 98))
    print(f"{CLIENTS} clients for {seconds:.0f} s: {dict(load.statuses)}")
    print(f"  {rate:.1f} pictures/s, {rate / bare:.2f} of the bare model (wanted: 0.85)")
    print(f"  {rate / decoding:.2f} of `Run.label_sets` on the same files in memory, {decoding:.1f}/s")
    print(f"  p50 {p50:.2f} s, p99 {p99:.2f} s, {p99 / p50:.2f} of it (wanted: at most 3)")


def show_overload(load: Load, rest: Load, before: float, after: float) -> None:
    print(f"overload, {CLIENTS} clients with 4 pictures each where 48 may wait: {dict(load.statuses)}")
    print(f"  then 4 clients: {dict(rest.statuses)}; memory {before:.0f} MB, after it {after:.0f} MB")


if __name__ == "__main__":
    named: Any = sys.argv[2] if len(sys.argv) > 2 else "torch"
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, named)
