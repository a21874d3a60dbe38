"""HTTP application and its web page: runs and exported files, served to programs and people.

`model` says how something is loaded and scored, `worker` gathers requests into batches, `runs` holds several side by
side; `app` joins them with the routes, behind the `guard`.
"""

from multihot.serve.app import create_app
from multihot.serve.runs import Runs
from multihot.serve.server import serve
from multihot.serve.settings import ServeSettings

__all__ = ["Runs", "ServeSettings", "create_app", "serve"]
