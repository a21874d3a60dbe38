"""Does nonsense break a server? Thousands of requests that are wrong somewhere, as bytes, many at a time.

`python benchmarks/serve_nonsense.py [SEED]` serves the small run of `serve.py` and sends truncated and damaged
pictures, odd ones, bombs, wrong types, wrong lengths, huge headers and JSON of every kind, in one piece or in two. No
answer may be 5xx but 503, none may fail to come, and afterwards the server must answer as before. Where schemathesis is
installed (its command `st`), it makes up further requests from /openapi.json and holds answers against it.
"""

import asyncio
import contextlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from multihot.memory import keep_large_blocks
from serve import DATA, PICTURES, picture_files, resident, served, small_run, steady

MUTATED = 5000
AT_ONCE = 64
PATIENCE = 40.0
PATHS = [b"/v1/decide", b"/v1/predict?run=%00", b"/v1/labels", b"/static/..%2f"]
LENGTHS = [b"content-length: -1", b"content-length: 99999999999", b"transfer-encoding: chunked", b"x: y"]
BODIES = [
    b"{}",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"features": [[1]]}',
    b'{"features": [["' + b"a" * 9999 + b'"]]}',
    b'{"features": [[' + b"9" * 9999 + b"]]}",
    b'{"features": [[NaN]]}',
    b'{"features": [[1e999]], "ids": ["\\ud800"]}',
    b'{"thresholds": {"\\ud800": 1}}',
    b'{"probabilities": [[' + b"1," * 9999 + b"1]]}",
]


def main(seed: int) -> None:
    """Nonsense, and whether the server is as before."""
    keep_large_blocks()
    with tempfile.TemporaryDirectory() as folder:
        run = small_run(Path(folder))
        photographs = [path.read_bytes() for path in picture_files()[:PICTURES]]
        with served(run, "--set", "timeout=3") as (address, process):
            before = resident(process)
            asyncio.run(mutated(address, photographs, seed))
            conforms(address, seed)
            rest = asyncio.run(steady(address, photographs, 5, clients=4))
            after = resident(process)
            print(f"  then 4 clients: {dict(rest.statuses)}; memory {before:.0f} MB, after it {after:.0f} MB")


async def mutated(address: str, photographs: Sequence[bytes], seed: int) -> None:
    """Send it, and count the answers."""
    odd = [path.read_bytes() for path in sorted((DATA / "odd-images").rglob("*")) if path.is_file()]
    host, _, port = address.removeprefix("http://").rpartition(":")
    statuses: Counter[str] = Counter()
    seconds = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            generator = random.Random(seed * MUTATED + number)  # noqa: S311
            request = nonsense(generator, photographs, odd)
            cut = generator.choice([len(request), generator.randrange(len(request))])
            started = time.perf_counter()
            statuses[await raw(host, int(port), request[:cut], request[cut:])] += 1
            seconds.append(time.perf_counter() - started)

    await asyncio.gather(*(one(number) for number in range(MUTATED)))
    print(f"{MUTATED} mutated requests: {dict(sorted(statuses.items()))}; slowest {max(seconds):.1f} s")
    print(f"  wanted none of these: {[status for status in statuses if wrong(status)] or 'none'}")


def conforms(address: str, seed: int) -> None:
    """Requests made up from the description; which of them are valid depends on the run, so that is not asked."""
    program = shutil.which("st")
    if program is None:
        print("schemathesis is not installed: requests from /openapi.json are left out")
        return
    options = ["--exclude-checks", "positive_data_acceptance", "--max-examples", "100", "--no-color"]
    command = [program, "run", f"{address}/openapi.json", "--generation-seed", str(seed), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print("schemathesis:", done.stdout[-3000:] if done.returncode else done.stdout.strip().splitlines()[-1])


def wrong(status: str) -> bool:
    """Whether a server may not answer so."""
    return status == "hang" or (status.startswith("5") and status != "503")


async def raw(host: str, port: int, *pieces: bytes) -> str:
    """Send bytes as they are; the status of the answer, "closed" where the connection was closed without one."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                for piece in filter(None, pieces):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)
            line = await reader.readline()
        return line.split()[1].decode() if line else "closed"
    except TimeoutError:
        return "hang"
    except OSError:
        return "closed"
    finally:
        writer.close()


def nonsense(generator: random.Random, photographs: Sequence[bytes], odd: Sequence[bytes]) -> bytes:
    """One request that is wrong somewhere."""
    kind = generator.choice(["cut", "damaged", "bomb", "name", "json", "torn", "headers", "length"])
    content = picture(kind, generator, generator.choice(odd if generator.random() < 0.5 else photographs))
    name = bytes(generator.randrange(1, 256) for _ in range(40)) if kind == "name" else b"a.jpg"
    body = b'--b0undary\r\ncontent-disposition: form-data; name="images"; filename="%s"\r\n\r\n' % name
    body += content + b"\r\n--b0undary--\r\n"
    mime = b"multipart/form-data; boundary=b0undary"
    if kind == "json":
        mime, body = b"application/json", generator.choice(BODIES)
    length = len(body)
    if kind == "torn":
        body = body[: generator.randrange(len(body))]
        length = len(body) if generator.random() < 0.8 else length
    headers = [b"host: 127.0.0.1", b"content-type: " + mime, b"content-length: %d" % length, b"connection: close"]
    if kind == "headers":
        headers.append(b"x: " + b"a" * generator.choice([1000, 30_000, 200_000]))
    if kind == "length":
        headers[2] = generator.choice(LENGTHS)
    method = generator.choice([b"POST"] * 9 + [b"GET", b"PUT", b"BREW"])
    path = generator.choice([b"/v1/predict"] * 6 + PATHS)
    return b"%s %s HTTP/1.1\r\n" % (method, path) + b"\r\n".join(headers) + b"\r\n\r\n" + body


def picture(kind: str, generator: random.Random, content: bytes) -> bytes:
    """A picture's bytes, wrong where that is asked for."""
    if kind == "bomb":
        return bomb(generator.choice([8_000, 20_000, 100_000]))
    if kind == "cut":
        return content[: generator.randrange(len(content) + 1)]
    if kind == "damaged" and content:
        changed = bytearray(content)
        for _ in range(generator.randrange(1, 30)):
            changed[generator.randrange(len(changed))] = generator.randrange(256)
        return bytes(changed)
    return content


def bomb(side: int) -> bytes:
    """A small file of a large picture."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(bytes(1_000_000)), b"IEND"]
    parts = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
