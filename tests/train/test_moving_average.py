import copy

import pytest
import torch
from timm.utils.model_ema import ModelEmaV3

from multihot.models import build_classifier
from multihot.recipe import Recipe
from multihot.train.moving_average import MovingAverage
from multihot.train.objective import Objective


@pytest.mark.parametrize("decay", [0.0, 0.6, 0.99])
def test_the_average_is_that_of_timm(decay: float) -> None:
    recipe = Recipe.parse({"encoder": "cnn32"})
    model = Objective(build_classifier(recipe.picture_encoder, recipe.head, 2, load_weights=True))
    ours, theirs = MovingAverage(model, copy.deepcopy(model), decay), ModelEmaV3(model, decay, use_warmup=True)
    random = torch.Generator().manual_seed(0)
    for number in range(1, 12):
        for tensor in model.state_dict().values():
            tensor += torch.randint(1, 5, tensor.shape, generator=random)
        ours.update(number)
        theirs.update(model, step=number)
    expected = theirs.module.state_dict()
    for name, tensor in ours.module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)
