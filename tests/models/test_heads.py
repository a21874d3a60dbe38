import itertools

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import Tensor

from multihot.errors import RecipeError
from multihot.models import HEADS, Head, build_head
from multihot.models.encoders.preparation import as_tensor
from multihot.models.heads import (
    ChainHead,
    ChainSettings,
    CSRAHead,
    CSRASettings,
    HeadSettings,
    LabelGraphHead,
    LabelGraphSettings,
    LabelQueriesHead,
    LabelQueriesSettings,
    LabelSequenceHead,
    LabelSequenceSettings,
    LinearSettings,
    LocatingHead,
    LowRankHead,
    LowRankSettings,
)
from multihot.models.heads.label_graph import label_graph

FEATURES, LABELS, BATCH = 6, 5, 4
SETTINGS: list[HeadSettings] = [
    LinearSettings(),
    CSRASettings(),
    LabelQueriesSettings(width=16, attention_heads=4),
    LabelQueriesSettings(width=16, attention_heads=4, queries=2, self_attention=False),
    ChainSettings(orders=3),
    ChainSettings(orders=3, inference="most_probable_set"),
    LabelSequenceSettings(width=8),
    LabelGraphSettings(width=8),
    LowRankSettings(rank=2),
]
every = pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.name)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def head_of(settings: HeadSettings) -> Head:
    head = build_head(settings, FEATURES, LABELS).eval()
    for parameter in head.parameters():  # chains start at zero, where nothing can be told apart
        torch.nn.init.normal_(parameter, std=0.5)
    return head


def some_targets() -> Tensor:
    targets = (torch.rand(BATCH, LABELS) < 0.4).float()
    targets[0, 1] = torch.nan
    return targets


def plain_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """For any logits: finite ones times a constant of their place, so that every one has a gradient."""
    return torch.where(logits.isfinite(), logits, 0).mul(torch.arange(1, logits.shape[-1] + 1)).mean()


def test_every_head_is_tested() -> None:
    assert {settings.name for settings in SETTINGS} == set(HEADS)


@every
@pytest.mark.parametrize("shape", [(BATCH, FEATURES), (BATCH, FEATURES, 3, 2), (0, FEATURES), (0, FEATURES, 3, 2)])
def test_vectors_and_maps_become_a_logit_a_label(settings: HeadSettings, shape: tuple[int, ...]) -> None:
    logits = head_of(settings)(torch.randn(shape))
    assert logits.shape == (shape[0], LABELS)
    assert logits.isfinite().all()


@every
def test_a_sample_is_scored_by_itself(settings: HeadSettings) -> None:
    head, features = head_of(settings), torch.randn(BATCH, FEATURES, 3, 2)
    torch.testing.assert_close(torch.cat([head(row[None]) for row in features]), head(features), rtol=1e-4, atol=1e-4)


@every
def test_one_place_is_a_vector(settings: HeadSettings) -> None:
    head, vectors = head_of(settings), torch.randn(BATCH, FEATURES)
    torch.testing.assert_close(head(vectors[:, :, None, None]), head(vectors))


@every
def test_where_a_place_lies_does_not_matter(settings: HeadSettings) -> None:
    head, maps = head_of(settings), torch.randn(BATCH, FEATURES, 3, 2)
    torch.testing.assert_close(head(maps.flip(2, 3)), head(maps))


@every
def test_features_come_to_one_scale(settings: HeadSettings) -> None:
    """Learning the scale of shifted and stretched features undoes shift and stretch."""
    head, maps = head_of(settings), torch.randn(50, FEATURES, 3, 2)
    head.learn_scale(maps)
    expected = head(maps[:5])
    moved = maps * torch.arange(1, FEATURES + 1).view(-1, 1, 1) - 7
    head.learn_scale(moved)
    torch.testing.assert_close(head(moved[:5]), expected, rtol=1e-3, atol=1e-3)


@every
def test_every_weight_is_trained(settings: HeadSettings) -> None:
    head, features = head_of(settings).train(), torch.randn(32, FEATURES, 3, 2)
    targets = (torch.rand(32, LABELS) < 0.4).float()
    head.learn_labels(targets)
    head.training_loss(head.at_scale(features), targets, plain_loss).backward()
    still = [name for name, parameter in head.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert still == []


@every
def test_unknown_targets_leave_no_trace_of_nan(settings: HeadSettings) -> None:
    head, targets = head_of(settings), some_targets()
    head.learn_labels(targets)
    value = head.training_loss(head.at_scale(torch.randn(BATCH, FEATURES)), targets, plain_loss)
    value.backward()
    assert value.isfinite()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in head.parameters())


@every
def test_weights_are_all_that_must_be_kept(settings: HeadSettings) -> None:
    head, features = head_of(settings), torch.randn(BATCH, FEATURES, 3, 2)
    head.learn_scale(features)
    head.learn_labels(some_targets())
    torch.manual_seed(1)
    other = build_head(settings, FEATURES, LABELS).eval()
    other.load_state_dict(head.state_dict())
    torch.testing.assert_close(other(features), head(features))


def test_csra_without_attention_is_linear_on_averages() -> None:
    head, maps = head_of(CSRASettings(attention_weight=0)), torch.randn(BATCH, FEATURES, 3, 2)
    assert isinstance(head, CSRAHead)
    torch.testing.assert_close(head(maps), head.linear(maps.mean((2, 3))))


def test_csra_with_infinite_temperature_adds_the_strongest_place() -> None:
    settings = CSRASettings(attention_weight=0.5, temperatures=(float("inf"),))
    head, maps = head_of(settings), torch.randn(BATCH, FEATURES, 3, 2)
    assert isinstance(head, CSRAHead)
    places = torch.stack([head.linear(maps[:, :, h, w]) - head.linear.bias for h in range(3) for w in range(2)])
    torch.testing.assert_close(head(maps), places.mean(0) + 0.5 * places.amax(0) + head.linear.bias)


def test_fewer_queries_answer_for_groups() -> None:
    head = build_head(LabelQueriesSettings(width=16, queries=2), FEATURES, LABELS)
    assert isinstance(head, LabelQueriesHead)
    assert head.weight.shape == (2, 16, 3)
    with pytest.raises(RecipeError, match=r"head.width: 10 is not a multiple of head.attention_heads, 8"):
        build_head(LabelQueriesSettings(width=10), FEATURES, LABELS)


def joint(head: ChainHead, features: Tensor) -> dict[tuple[int, ...], Tensor]:
    """P(set | features) of every set, from the definition of a chain; (B,) each."""
    result = {}
    for labels in itertools.product((0, 1), repeat=LABELS):
        logits = features @ head.weight[0].T + head.bias[0]
        probability = torch.ones(len(features))
        for place, label in enumerate(head.orders[0].tolist()):
            earlier = head.orders[0].tolist()[:place]
            logit = logits[:, label] + sum(float(head.link[0, label, j]) * (2 * labels[j] - 1) for j in earlier)
            probability = probability * torch.sigmoid(logit if labels[label] else -logit)
        result[labels] = probability
    return result


def test_an_exhaustive_beam_gives_exact_marginals_and_the_most_probable_set() -> None:
    features = torch.randn(BATCH, FEATURES)
    chain = head_of(ChainSettings(orders=1, beam=2**LABELS)).requires_grad_(False)
    assert isinstance(chain, ChainHead)
    every_set = joint(chain, features)
    sets, probabilities = torch.tensor(list(every_set)), torch.stack(list(every_set.values()))
    torch.testing.assert_close(probabilities.sum(0), torch.ones(BATCH))
    torch.testing.assert_close(torch.sigmoid(chain(features)), probabilities.T @ sets.float(), rtol=1e-4, atol=1e-5)
    chain.inference = "most_probable_set"
    torch.testing.assert_close((chain(features) > 0).long(), sets[probabilities.argmax(0)])


def test_a_narrow_beam_still_decides_the_set_it_found() -> None:
    chain, features = head_of(ChainSettings(orders=1, beam=1, inference="most_probable_set")), torch.randn(8, FEATURES)
    assert isinstance(chain, ChainHead)
    decided = (chain(features) > 0).float()
    # Greedy: given its own decisions, each label is decided as its logit says.
    torch.testing.assert_close((chain.forced(features, decided)[0] > 0).float(), decided)


def test_a_chain_hears_only_earlier_labels() -> None:
    chain = head_of(ChainSettings(orders=1))
    assert isinstance(chain, ChainHead)
    features, targets = torch.randn(1, FEATURES), torch.zeros(1, LABELS)
    for place, label in enumerate(chain.orders[0].tolist()):
        changed = targets.clone()
        changed[0, label] = 1
        moved = (chain.forced(features, changed) != chain.forced(features, targets))[0, 0]
        assert set(moved.nonzero().ravel().tolist()) == set(chain.orders[0].tolist()[place + 1 :])


def test_a_sequence_adds_up_the_orders_of_a_set() -> None:
    """A beam that holds everything: probabilities of all sets, each over all its orders, sum to one."""
    head, features = head_of(LabelSequenceSettings(width=8, beam=64)), torch.randn(BATCH, FEATURES)
    assert isinstance(head, LabelSequenceHead)
    looked = head.look(features)
    expected = torch.zeros(BATCH, LABELS)
    for size in range(LABELS + 1):
        for order in itertools.permutations(range(LABELS), size):
            given, probability = torch.zeros(BATCH, 1, LABELS, dtype=torch.bool), torch.ones(BATCH)
            for label in (*order, LABELS):
                following = torch.softmax(head._next(looked[:, None], given), dim=2)[:, 0, label]
                probability = probability * following
                if label < LABELS:
                    given = given.clone()
                    given[:, 0, label] = True
            expected[:, list(order)] += probability[:, None]
    torch.testing.assert_close(torch.sigmoid(head(features)), expected, rtol=1e-4, atol=1e-5)


def test_steps_of_a_sequence_give_each_label_once_and_then_stop() -> None:
    head = head_of(LabelSequenceSettings(width=8))
    assert isinstance(head, LabelSequenceHead)
    targets = torch.tensor([[1.0, 1.0, 0.0, torch.nan, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    steps = head.forced(torch.randn(2, FEATURES), targets)
    assert steps.shape == (2, 3, LABELS + 1)
    assert [int(step.isinf().sum()) for step in steps[0]] == [0, 1, 2]
    assert set(steps[0, 2].isinf().nonzero().ravel().tolist()) == {0, 1}
    assert [bool(step.isinf().all()) for step in steps[1]] == [False, True, True]


def test_no_set_is_larger_than_those_of_training() -> None:
    head = head_of(LabelSequenceSettings(width=8, inference="most_probable_set"))
    head.learn_labels(torch.eye(LABELS))
    with torch.no_grad():
        head.get_submodule("next").bias[-1] = -20  # never wants to stop
    assert ((head(torch.randn(20, FEATURES)) > 0).sum(1) <= 1).all()


def test_unknown_cells_make_no_edges() -> None:
    targets = torch.tensor([[1.0, torch.nan], [1.0, 1.0], [1.0, 0.0]])
    # Of the rows with label 0, label 1 is known in two, and present in one.
    assert label_graph(targets, 0.5, 0.2)[0, 1] == pytest.approx(0.2)
    assert label_graph(targets, 0.51, 0.2)[0, 1] == 0


def test_without_neighbours_the_graph_is_the_label_itself() -> None:
    head = build_head(LabelGraphSettings(width=8), FEATURES, LABELS)
    assert isinstance(head, LabelGraphHead)
    head.learn_labels(torch.eye(LABELS))
    torch.testing.assert_close(head.graph, torch.eye(LABELS))


def test_a_rank_above_the_labels_is_cut() -> None:
    head = build_head(LowRankSettings(rank=64), FEATURES, LABELS)
    assert isinstance(head, LowRankHead)
    assert head.down.weight.shape == (LABELS, FEATURES)


@pytest.mark.parametrize("settings", [ChainSettings(orders=2), LabelSequenceSettings()], ids=["chain", "sequence"])
def test_logits_stay_finite_where_all_is_certain(settings) -> None:
    head = build_head(settings, 2, 2).eval()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.mul_(0).add_(40.0 if parameter.ndim == 1 or parameter.shape[-1] == 2 else 0.0)
        logits = head(torch.tensor([[30.0, 30.0], [-30.0, -30.0]]))
    assert logits.isfinite().all()


def test_a_linear_head_on_sparse_features_has_the_value_and_gradient_of_dense_ones() -> None:
    cells = sparse.random_array((30, 12), density=0.2, rng=np.random.default_rng(0), format="csr", dtype=np.float32)
    features = as_tensor(cells)
    head = build_head(LinearSettings(), 12, 4).eval()
    slope = torch.randn(30, 4)
    thin, full = head.score(features), head.score(features.to_dense())
    torch.testing.assert_close(thin, full)
    for ours, plain in zip(
        *(torch.autograd.grad(one, list(head.parameters()), slope) for one in (thin, full)), strict=True
    ):
        torch.testing.assert_close(ours, plain)
    with torch.inference_mode():
        torch.testing.assert_close(head(features), full)
    # Features of another fit are not taken for those before.
    torch.testing.assert_close(head.score(as_tensor(cells[:7])), full[:7])


@pytest.mark.parametrize(
    "settings",
    [each for each in SETTINGS if issubclass(HEADS[each.name], LocatingHead)],
    ids=lambda settings: settings.name,
)
@pytest.mark.parametrize("grid", [(3, 2), (1, 1)])
def test_maps_of_labels_are_what_the_head_says_they_are(settings: HeadSettings, grid: tuple[int, int]) -> None:
    head, labels = head_of(settings), torch.tensor([4, 0, 4])
    assert isinstance(head, LocatingHead)
    places = torch.randn(BATCH, FEATURES, *grid)
    maps = head.label_maps(places, labels)
    assert maps.shape == (BATCH, 3, *grid)
    if head.label_maps_are == "attention":
        torch.testing.assert_close(maps.sum((2, 3)), torch.ones(BATCH, 3))
        assert (maps >= 0).all()
        return
    bias = head.score(torch.zeros_like(head.at_scale(places)))
    logits = head.score(places if head.takes == "maps" else places.mean((2, 3)))
    torch.testing.assert_close(maps.mean((2, 3)) + bias[:, labels], logits[:, labels])


def test_csra_shares_a_maximum_among_equals() -> None:
    head = head_of(CSRASettings(temperatures=(float("inf"),), attention_weight=1.0))
    maps = head.label_maps(torch.ones(1, FEATURES, 2, 2), torch.tensor([0]))
    torch.testing.assert_close(maps, maps[:, :, :1, :1].expand(1, 1, 2, 2))


def test_queries_look_at_the_place_that_answers() -> None:
    head = head_of(LabelQueriesSettings(width=16, attention_heads=4))
    places = torch.zeros(1, FEATURES, 3, 3)
    places[:, :, 1, 2] = 50.0
    looks = head.label_maps(places, torch.arange(LABELS))
    others = torch.cat([looks[:, :, 0, 0], looks[:, :, 2, 1]])
    torch.testing.assert_close(others[0], others[1])
    assert not torch.allclose(looks[:, :, 1, 2], looks[:, :, 0, 0])


def test_labels_of_one_query_look_alike() -> None:
    head = head_of(LabelQueriesSettings(width=16, attention_heads=4, queries=2, self_attention=False))
    looks = head.label_maps(torch.randn(1, FEATURES, 3, 3), torch.arange(LABELS))
    assert torch.equal(looks[:, 0], looks[:, 2])  # three labels a query
    assert not torch.allclose(looks[:, 2], looks[:, 3])
