"""A program of its own: omikuji trains label trees on a file, and writes them to a folder.

Apart from multihot's process, so that it can be interrupted, gives its memory back, and keeps its messages to itself.
Arguments: a file of extreme classification text, the folder to write, and omikuji's settings as JSON.
"""

import json
import sys


def main(data: str, folder: str, settings: dict[str, float], threads: int) -> None:
    """Train and save."""
    import omikuji

    hyper = omikuji.Model.default_hyper_param()
    for name, value in settings.items():
        setattr(hyper, name, value)
    omikuji.Model.train_on_data(data, hyper, n_threads=threads).save(folder)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]))
