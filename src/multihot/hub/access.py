"""The hub's client, and what its complaints mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

import httpx2
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from multihot.errors import ArgumentError, HubError

LOG_IN = "log in by `hf auth login`, or set HF_TOKEN"


def client(name: str) -> HfApi:
    """The hub's client, whose token is looked for where huggingface-hub does; `name` is refused where it is none."""
    owner, _, repository = name.partition("/")
    if not owner or not repository:
        raise ArgumentError(f"{name!r}: expected OWNER/NAME, a repository of the hub such as anna/clothes")
    return HfApi(library_name="multihot", library_version=metadata.version("multihot"))


@contextmanager
def reaching(name: str) -> Iterator[None]:
    """Say in one line what went wrong between here and a repository of the hub."""
    try:
        yield
    except GatedRepoError as error:
        raise HubError(f"{name}: its owner gives access on request; ask for it on its page, then {LOG_IN}") from error
    except RepositoryNotFoundError as error:
        raise HubError(
            f"{name}: there is no such repository on the hub, or it is private and not yours to see; "
            f"check the name, or {LOG_IN}"
        ) from error
    except HfHubHTTPError as error:
        raise HubError(f"{name}: {_refusal(error)}") from error
    except (httpx2.HTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise HubError(f"{name}: the hub cannot be reached ({_first_line(error)}); check the network") from error
    except HFValidationError as error:
        raise ArgumentError(f"{name!r}: cannot be the name of a repository of the hub: {_first_line(error)}") from error


def _refusal(error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return f"the hub refuses (status {status}): {LOG_IN}, with a token that may write there"
    return f"the hub answers with status {status}: {error.server_message or _first_line(error)}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
