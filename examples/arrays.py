"""Arrays in, label sets out: digits that are labelled by what is true of them.

.venv/bin/python examples/arrays.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.datasets import load_digits

import multihot as mh

NAMES = ("even", "prime", "round")


def labelled_digits() -> mh.Samples:
    """8x8 pictures, each with none, one or several of three labels; nobody looked whether the last 200 are round."""
    digits = load_digits()
    pictures = (digits.images * (255 / 16)).astype(np.uint8)
    truth = np.stack([np.isin(digits.target, own) for own in ([0, 2, 4, 6, 8], [2, 3, 5, 7], [0, 6, 8, 9])], axis=1)
    targets = truth.astype(float)
    targets[-200:, 2] = np.nan
    ids = tuple(f"digit {number}" for number in range(len(pictures)))
    return mh.Samples(ids, mh.ImageArrays(pictures), mh.LabelSpace(NAMES), mh.Targets.from_dense(targets))


def main() -> None:
    samples = labelled_digits()
    recipe = mh.Recipe.parse({"encoder": "cnn28", "tune": "head"})
    with TemporaryDirectory() as folder:
        run = mh.train(samples, recipe, Path(folder) / "run")
        test = run.metrics()["test"]["exact_match"]
        print(f"exact match {test['value']:.3f} (95 % interval {test['low']:.3f} to {test['high']:.3f})")
        pictures = np.stack([samples.images.decode(row) for row in range(4)])
        for digit, label_set in enumerate(run.predict(pictures)):
            print(digit, ", ".join(label_set.labels) or "(no label)")


if __name__ == "__main__":
    main()
