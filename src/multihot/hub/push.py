"""`push`: a run in, one commit to a repository of the hub out."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import RepositoryNotFoundError

from multihot.errors import HubError
from multihot.hub.access import LOG_IN, client, reaching
from multihot.hub.card import CARD
from multihot.hub.shown import is_ours, shown_files
from multihot.run import RECIPE, ListedRun, Run

_OF_ANY_REPOSITORY = frozenset({CARD, ".gitattributes", ".gitignore"})


def push(run: Run | ListedRun, name: str, *, public: bool = False, with_scores: bool = False) -> str:
    """Write a run to a repository of the Hugging Face hub, in one commit, with a model card.

    The repository gets what the run needs to be loaded and judged. Ids, targets and scores of its samples stay here
    unless they are asked for, and with them the report, which shows some; paths of this machine stay here always. The
    token is huggingface-hub's own (`hf auth login`, or `HF_TOKEN`).

    Args:
        run: a finished run.
        name: OWNER/NAME; made where there is none, and otherwise one that holds a run, which is replaced.
        public: whether all may see the repository.
        with_scores: whether `scores.parquet`, `split.parquet` and the report go along, with the ids of samples.

    Returns:
        The address of the repository.

    Raises:
        HubError: the hub cannot be reached or refuses, or the repository holds something else.
        ArgumentError: the name cannot be one of a repository.
        RunError: a file of the run cannot be read.
    """
    api = client(name)
    if get_token() is None:
        raise HubError(f"{name}: writing to the hub needs a token: {LOG_IN}")
    with TemporaryDirectory() as temporary, reaching(name):
        folder = Path(temporary) / run.folder.resolve().name
        folder.mkdir()
        files = shown_files(run, name, folder, with_scores)
        held = _prepared(api, name, public)
        stale = sorted(file for file in held if is_ours(file) and file not in files)
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationAdd(path_in_repo=file, path_or_fileobj=path) for file, path in files.items()),
            *(CommitOperationDelete(path_in_repo=file) for file in stale),
        ]
        with warnings.catch_warnings():
            # Parquet in a repository of a model is meant: it holds the model's scores.
            warnings.filterwarnings("ignore", message="It seems that you are about to commit a data file")
            api.create_commit(name, operations, commit_message=f"multihot push {run.folder.resolve().name}")
    return f"{api.endpoint}/{name}"


def _prepared(api: HfApi, name: str, public: bool) -> set[str]:
    """The files that the repository holds, which is made where there is none."""
    try:
        info = api.model_info(name)
    except RepositoryNotFoundError:
        api.create_repo(name, private=not public)
        return set()
    if bool(info.private) == public:
        reason = "is private: leave out --public" if public else "is public: say --public"
        raise HubError(f"{name}: exists already and {reason}, change that on its page, or choose another name")
    held = {file.rfilename for file in info.siblings or ()}
    others = sorted(held - _OF_ANY_REPOSITORY)
    if others and RECIPE not in held:
        raise HubError(f"{name}: holds something else than a run ({others[0]}); choose another name")
    return held
