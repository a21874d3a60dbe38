"""`pull`: a repository of the hub in, a run directory out."""

from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import HfApi

from multihot.errors import ArgumentError, HubError, MissingExtraError
from multihot.hub.access import client, reaching
from multihot.hub.shown import is_ours
from multihot.run import DECISION, LABELS, METRICS, RECIPE, WEIGHTS, load_run

NEEDED = (RECIPE, LABELS, WEIGHTS, DECISION, METRICS)


def pull(name: str, out: str | Path | None = None) -> Path:
    """Fetch a run from the Hugging Face hub and check that it loads; nothing in it is executed.

    Only files that a run has are fetched.

    Args:
        name: OWNER/NAME.
        out: a new run directory; `runs/NAME` by default.

    Returns:
        The run directory, for `load_run`.

    Raises:
        ArgumentError: the directory exists, or the name cannot be one of a repository.
        HubError: the hub cannot be reached, has no such repository, or what it has is not a run that loads.
        MissingExtraError: the run needs a library that is not installed.
    """
    api = client(name)
    folder = Path(out) if out is not None else Path("runs") / name.rpartition("/")[2]
    if folder.exists():
        raise ArgumentError(f"{folder}: exists already; choose another directory by --out")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        fetched, own = Path(temporary) / "fetched", Path(temporary) / "run"
        with reaching(name):
            files = _fetch(api, name, fetched)
        for file in files:  # and not what the hub's client keeps beside them
            (own / file).parent.mkdir(parents=True, exist_ok=True)
            (fetched / file).rename(own / file)
        _require_loads(name, own)
        own.rename(folder)
    return folder


def _fetch(api: HfApi, name: str, folder: Path) -> list[str]:
    """The files of a run into a folder, all of one commit; their names."""
    info = api.model_info(name)
    files = [file.rfilename for file in info.siblings or () if is_ours(file.rfilename)]
    missing = [needed for needed in NEEDED if needed not in files]
    if missing:
        raise HubError(f"{name}: not a run of multihot: it has no {missing[0]}")
    api.snapshot_download(name, revision=info.sha, local_dir=folder, allow_patterns=files)
    return files


def _require_loads(name: str, folder: Path) -> None:
    """Load a stranger's run, in which anything may be wrong."""
    try:
        load_run(folder).metrics()
    except MissingExtraError:
        raise
    except Exception as error:
        reason = " ".join(str(error).replace(f"{folder}/", "").replace(str(folder), name).split())
        raise HubError(f"{name}: not a run that loads: {reason or type(error).__name__}") from error
