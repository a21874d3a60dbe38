"""A hub of this machine: enough of the real one's HTTP to keep repositories, and a record of what it was told."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import numpy as np
import pytest
from huggingface_hub import constants

import multihot as mh
from multihot.data import Features

TOKEN = "hf_secret"  # noqa: S105
NAMES = ("height", "width", "colour=blue", "colour=red")


class Hub(ThreadingHTTPServer):
    """Repositories by name: {"private": whether, "commits": [files by path]}."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.repositories: dict[str, dict] = {}
        self.requests: list[tuple[str, str, str | None, bytes]] = []
        self.token = TOKEN
        self.broken: int | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def files(self, name: str) -> dict[str, bytes]:
        return self.repositories[name]["commits"][-1]

    def holds(self, name: str, files: dict[str, bytes], *, private: bool = True) -> None:
        self.repositories[name] = {"private": private, "commits": [files]}

    def sha(self, name: str) -> str:
        return hashlib.sha1(repr((name, len(self.repositories[name]["commits"]))).encode()).hexdigest()  # noqa: S324


class _Answers(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self._answer(b"")

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        hub, path = self.server, unquote(self.path.split("?")[0])
        hub.requests.append((self.command, path, self.headers.get("Authorization"), body))
        if hub.broken:
            return self._say({"error": "no"}, hub.broken)
        if path == "/api/validate-yaml":
            return self._say({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        parts = path.removeprefix("/api/models").strip("/").split("/")
        name, verb, rest = "/".join(parts[:2]), parts[2] if len(parts) > 2 else "revision", "/".join(parts[4:])
        repository = hub.repositories.get(name)
        if repository is None or (repository["private"] and self.headers.get("Authorization") != f"Bearer {TOKEN}"):
            return self._say({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        return getattr(self, f"_{verb}")(name, body, rest)

    def _create(self, asked: dict) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        is_private = asked.get("private", asked.get("visibility") == "private")
        self.server.repositories[name] = {"private": is_private, "commits": [{".gitattributes": b""}]}
        self._say({"url": f"{self.server.address}/{name}"})

    def _revision(self, name: str, *_: object) -> None:
        files = [{"rfilename": file} for file in self.server.files(name)]
        private = self.server.repositories[name]["private"]
        self._say({"id": name, "sha": self.server.sha(name), "private": private, "siblings": files})

    def _tree(self, name: str, *_: object) -> None:
        files = self.server.files(name).items()
        self._say([{"type": "file", "path": file, "size": len(text), "oid": "0" * 40} for file, text in files])

    def _preupload(self, _name: str, body: bytes, _rest: str) -> None:
        files = [file["path"] for file in json.loads(body)["files"]]
        self._say({"files": [{"path": file, "uploadMode": "regular", "shouldIgnore": False} for file in files]})

    def _commit(self, name: str, body: bytes, _rest: str) -> None:
        files = dict(self.server.files(name))
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.server.repositories[name]["commits"].append(files)
        self._say({"commitUrl": f"{self.server.address}/{name}/commit/1", "commitOid": self.server.sha(name)})

    def _resolve(self, name: str, _body: bytes, file: str) -> None:
        content = self.server.files(name)[file]
        headers = {"X-Repo-Commit": self.server.sha(name), "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
        self._send(content, 200, headers)

    def _say(self, answer: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(answer).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for header, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that the client of huggingface-hub talks to, and a user who is logged in to it."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        home = tmp_path_factory.mktemp("hf")
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        template = f"{server.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server
        server.shutdown()
        thread.join()


def _made(samples: int = 80, seed: int = 0, source: str = "") -> mh.Samples:
    """Vectors with two labels that can be learned, one that is sometimes unknown, and one that nobody has."""
    generator = np.random.default_rng(seed)
    red = generator.random(samples) < 0.5
    values = np.stack([*generator.normal(size=(2, samples)), ~red, red], axis=1).astype(np.float64)
    targets = np.stack([values[:, 0] > 0, red, values[:, 1] > 0, np.zeros(samples, bool)], axis=1).astype(np.float64)
    targets[generator.random(samples) < 0.2, 2] = np.nan
    ids = tuple(f"patient-{row}" for row in range(samples))
    space = mh.LabelSpace(("tall", "red|<b>", "wide", "never"))
    notes = (f"read from the table a.csv in {source}",) if source else ()
    return mh.Samples(ids, Features(values, NAMES), space, mh.Targets.from_dense(targets), source=source, notes=notes)


@pytest.fixture(scope="session")
def made() -> Callable[..., mh.Samples]:
    return _made


@pytest.fixture(scope="session")
def vector_run(tmp_path_factory: pytest.TempPathFactory) -> mh.Run:
    """A finished run on vectors, with its report."""
    folder = tmp_path_factory.mktemp("secret-place")
    run = mh.train(_made(source=str(folder / "clinic")), mh.Recipe(encoder="identity"), folder / "run")
    mh.write_report(run)
    return run
