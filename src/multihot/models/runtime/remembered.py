"""How fast each runtime was for an encoder on this machine, kept on disk.

A folder an encoder and machine; in it `speeds.json`, and the encoder as runtimes have converted it. What was measured
holds for these weights, this processor, these versions and this number of threads: the folder's name is their hash.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import tempfile
from pathlib import Path

import torch

from multihot.data.feature_cache import cache_folder
from multihot.models.encoders import Encoder

SPEEDS = "speeds.json"
VERSIONS = ("torch", "openvino", "onnxruntime", "onnxscript")

Speeds = dict[str, float | str]
"""Seconds a picture, or why a runtime is not taken."""


def folder_of(encoder: Encoder) -> Path:
    """Where it is kept what was learnt about an encoder on this machine, with these versions and threads."""
    facts = [encoder.fingerprint(), processor(), str(torch.get_num_threads()), *map(_version, VERSIONS)]
    return cache_folder() / "runtimes" / hashlib.blake2b("\n".join(facts).encode(), digest_size=16).hexdigest()


def read_speeds(folder: Path) -> Speeds:
    """What was measured before; empty where nothing was, or the file is damaged."""
    try:
        found = json.loads((folder / SPEEDS).read_text())
        return {str(name): value if isinstance(value, str) else float(value) for name, value in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_speeds(folder: Path, speeds: Speeds) -> None:
    """Keep what was measured; a cache that cannot be written to costs time and nothing else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w") as file:
            json.dump(speeds, file, indent=1)
        Path(name).replace(folder / SPEEDS)
    except OSError:
        return


def processor() -> str:
    """The processor by name and abilities, where the system tells; machines that share a home directory differ."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    told = re.findall(r"^(?:model|cpu family|stepping|flags|Features|CPU part).*$", first, re.MULTILINE)
    return "\n".join(told) or platform.machine()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
