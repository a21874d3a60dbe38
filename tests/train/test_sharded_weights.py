"""How weights are divided; what comes of it is compared by `test_processes.py`, in two processes."""

import torch
from torch import nn

from multihot.train.sharded_weights import blocks, let_go, own_part, part_like, whole


class Attention(nn.Module):
    """Its projections may be used without being called."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))


class Stage(nn.Module):
    """Blocks by name, as in a RegNet."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = (nn.Sequential(nn.Linear(8, 8), nn.ReLU()) for _ in range(2))
        self.attention, self.other = Attention(), Attention()


def test_blocks_stand_in_a_row_or_beside_their_like() -> None:
    encoder = nn.Sequential(nn.Linear(2, 8), Stage(), nn.BatchNorm1d(8), nn.Linear(8, 64))
    stage = encoder[1]
    found = list(blocks(encoder))
    expected = [stage.first[0], stage.second[0], stage.attention, stage.other, *encoder]
    assert len(found) == len(expected)
    assert {id(module) for module in found} == {id(module) for module in expected}
    assert found.index(stage) > max(found.index(stage.attention), found.index(stage.first[0]))


def test_a_block_is_no_smaller_than_is_worth_its_own_way() -> None:
    encoder = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(4), nn.Linear(64, 64))
    assert list(blocks(encoder)) == [encoder[0], encoder[2]]


def test_weights_let_go_keep_their_shapes() -> None:
    model = nn.Linear(300, 200)
    let_go(model)
    assert model.weight.shape == (200, 300)
    assert model.weight.untyped_storage().nbytes() == 4
    model.load_state_dict({"weight": torch.ones(200, 300), "bias": torch.ones(200)}, assign=True)
    assert model(torch.ones(300)).tolist() == [301.0] * 200


def test_whole_tensors_stay_themselves() -> None:
    tensor = torch.ones(3)
    assert own_part(tensor) is whole(tensor) is part_like(tensor, None) is part_like(tensor, tensor) is tensor
