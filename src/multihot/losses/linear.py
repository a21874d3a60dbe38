"""A linear head and its loss in one, for so many labels that their logits must never be whole in memory.

Losses that sum over cells form their gradients in the pass that finds their value, so that nothing is computed twice;
the log-sum-exp of ZLPR and softmax takes a first pass of its own. Beyond the weights' own gradient, memory does not
depend on the number of labels. Values and gradients are those of the plain path.

Shapes: B samples in a batch, D features, L labels, C labels in a chunk.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from multihot.losses.chunked import Chunk, Gradients, Head, in_chunks
from multihot.losses.reduction import Reduction
from multihot.losses.sparse_targets import SparseTargets

CellLoss = Callable[[Tensor, Tensor], Tensor]


def linear_binary_cross_entropy(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: SparseTargets,
    reduction: Reduction = "mean",
    chunk: int | None = None,
    divisor: int | None = None,
) -> Tensor:
    """`reduce(binary_cross_entropy(features @ weight.T + bias, targets), targets, reduction)` in chunks.

    Args:
        features: (B, D).
        weight: (L, D).
        bias: (L,).
        targets: of the same B samples and L labels.
        reduction: mean over known cells, or sum over cells divided by B.
        chunk: C; by default what fits a processor's cache, or fills a GPU.
        divisor: what the sum over cells is divided by, in the place of `reduction`'s: where these labels are some of
            all, held elsewhere.

    Returns:
        A scalar, 0 where nothing is known.

    >>> from multihot.labels import Targets
    >>> targets = SparseTargets.of(Targets.from_dense([[1, 0, torch.nan]]))
    >>> linear_binary_cross_entropy(torch.ones(1, 2), torch.zeros(3, 2), torch.zeros(3), targets)
    tensor(0.6931)
    """
    scale = 1 / (divisor or max(targets.known if reduction == "mean" else targets.shape[0], 1))
    passes = partial(_sum_over_cells, of_chunk=_binary_cross_entropy)
    return in_chunks(passes, features, weight, bias, targets, scale, chunk)


def linear_cells(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: SparseTargets,
    loss: CellLoss,
    reduction: Reduction = "mean",
    chunk: int | None = None,
    divisor: int | None = None,
) -> Tensor:
    """As `linear_binary_cross_entropy`, with any loss of cells: `focal`, `asymmetric`, `hill`, ...

    Args:
        features: (B, D).
        weight: (L, D).
        bias: (L,).
        targets: of the same B samples and L labels.
        loss: of logits and targets (B, C), to (B, C); it must treat every label alike.
        reduction: mean over known cells, or sum over cells divided by B.
        chunk: C.
        divisor: as there.

    Returns:
        A scalar, 0 where nothing is known.

    >>> from multihot.losses import asymmetric
    >>> from multihot.labels import Targets
    >>> targets = SparseTargets.of(Targets.from_dense([[1, 0, torch.nan]]))
    >>> linear_cells(torch.ones(1, 2), torch.zeros(3, 2), torch.zeros(3), targets, asymmetric)
    tensor(0.3588)
    """
    scale = 1 / (divisor or max(targets.known if reduction == "mean" else targets.shape[0], 1))
    passes = partial(_sum_over_cells, of_chunk=partial(_any_loss, loss=loss))
    return in_chunks(passes, features, weight, bias, targets, scale, chunk)


def linear_zlpr(
    features: Tensor, weight: Tensor, bias: Tensor, targets: SparseTargets, chunk: int | None = None
) -> Tensor:
    """`reduce(zlpr(features @ weight.T + bias, targets), targets)` in chunks, in two passes.

    Args:
        features: (B, D).
        weight: (L, D).
        bias: (L,).
        targets: of the same B samples and L labels.
        chunk: C.

    Returns:
        A scalar: the mean over samples of which anything is known.

    >>> from multihot.labels import Targets
    >>> targets = SparseTargets.of(Targets.from_dense([[1, 0, 0]]))
    >>> linear_zlpr(torch.ones(1, 2), torch.zeros(3, 2), torch.zeros(3), targets)
    tensor(1.7918)
    """
    return in_chunks(_zlpr, features, weight, bias, targets, 1 / max(int(_seen(targets).sum()), 1), chunk)


def linear_softmax_cross_entropy(
    features: Tensor, weight: Tensor, bias: Tensor, targets: SparseTargets, chunk: int | None = None
) -> Tensor:
    """`reduce(softmax_cross_entropy(features @ weight.T + bias, targets), targets)` in chunks, in two passes.

    Args:
        features: (B, D).
        weight: (L, D).
        bias: (L,).
        targets: of the same B samples and L labels.
        chunk: C.

    Returns:
        A scalar: the mean over samples of which anything is known.

    >>> from multihot.labels import Targets
    >>> targets = SparseTargets.of(Targets.from_dense([[1, 0, 0]]))
    >>> linear_softmax_cross_entropy(torch.ones(1, 2), torch.zeros(3, 2), torch.zeros(3), targets)
    tensor(1.0986)
    """
    return in_chunks(_softmax, features, weight, bias, targets, 1 / max(int(_seen(targets).sum()), 1), chunk)


def _sum_over_cells(
    head: Head, scale: float, of_chunk: Callable[[Chunk], tuple[Tensor, Tensor]]
) -> tuple[Tensor, Gradients]:
    """One pass: value and gradient of a loss that is a sum over cells."""
    gradients, total = Gradients(head), torch.zeros((), dtype=torch.float64, device=head.features.device)
    for chunk in head.chunks():
        value, slopes = of_chunk(chunk)
        total += value
        gradients.add(chunk.labels, slopes.mul_(scale))
    return (total * scale).to(_wide(head.features)), gradients


def _binary_cross_entropy(chunk: Chunk) -> tuple[Tensor, Tensor]:
    """Sum and slopes. max(z, 0) + log(1 + exp(-|z|)) for absent labels; present ones cost z less."""
    logits = chunk.logits
    logits[chunk.unknown] = -torch.inf
    raised = logits[chunk.present].sum()
    slopes = torch.sigmoid(logits)
    slopes[chunk.present] -= 1
    value = logits.clamp(min=0).sum() - raised
    value += logits.abs_().neg_().exp_().log1p_().sum()
    return value, slopes


def _any_loss(chunk: Chunk, loss: CellLoss) -> tuple[Tensor, Tensor]:
    targets = torch.zeros_like(chunk.logits)
    targets[chunk.present] = 1
    targets[chunk.unknown] = torch.nan
    with torch.enable_grad():
        logits = chunk.logits.detach().requires_grad_()
        value = loss(logits, targets).sum()
        (slopes,) = torch.autograd.grad(value, logits)
    return value.detach(), slopes


def _zlpr(head: Head, scale: float) -> tuple[Tensor, Gradients]:
    """log(1 + Σ exp) of absent labels by streaming; of present ones from their few logits."""
    absent = head.features.new_zeros(len(head.features), dtype=_wide(head.features))
    present = absent.clone()
    for chunk in head.chunks():
        raised = chunk.logits[chunk.present]
        chunk.logits[chunk.present] = -torch.inf
        chunk.logits[chunk.unknown] = -torch.inf
        absent = torch.logaddexp(absent, chunk.logits.logsumexp(1))
        present = _log_add_at(present, chunk.present[0], -raised)
    gradients = Gradients(head)
    for chunk in head.chunks():
        rows = chunk.present[0]
        falling = -(-chunk.logits[chunk.present] - present[rows]).exp()
        chunk.logits[chunk.unknown] = -torch.inf
        slopes = chunk.logits.sub_(absent[:, None]).exp_()
        slopes[chunk.present] = falling
        gradients.add(chunk.labels, slopes.mul_(scale))
    return (absent + present).sum() * scale, gradients


def _softmax(head: Head, scale: float) -> tuple[Tensor, Gradients]:
    samples = len(head.features)
    total = head.features.new_full((samples,), -torch.inf, dtype=_wide(head.features))
    raised = torch.zeros_like(total)
    counts = torch.bincount(head.targets.present.rows, minlength=samples)
    for chunk in head.chunks():
        raised.index_add_(0, chunk.present[0], chunk.logits[chunk.present])
        chunk.logits[chunk.unknown] = -torch.inf
        total = torch.logaddexp(total, chunk.logits.logsumexp(1))
    taught = counts > 0
    # Where there is nothing to teach, every slope becomes exp(-inf).
    total = torch.where(taught, total, torch.inf)
    gradients = Gradients(head)
    for chunk in head.chunks():
        chunk.logits[chunk.unknown] = -torch.inf
        slopes = chunk.logits.sub_(total[:, None]).exp_()
        slopes[chunk.present] -= 1 / counts[chunk.present[0]].to(slopes)
        gradients.add(chunk.labels, slopes.mul_(scale))
    return torch.where(taught, total - raised / counts.clamp(min=1), 0).sum() * scale, gradients


def _log_add_at(totals: Tensor, rows: Tensor, values: Tensor) -> Tensor:
    """log(exp(totals) + Σ exp(values)) with the values of each row added to its total."""
    highest = totals.scatter_reduce(0, rows, values, "amax")
    added = (totals - highest).exp().index_add(0, rows, (values - highest[rows]).exp())
    return highest + added.log()


def _seen(targets: SparseTargets) -> Tensor:
    """(B,) booleans: samples of which anything is known."""
    return torch.bincount(targets.unknown.rows, minlength=targets.shape[0]) < targets.shape[1]


def _wide(like: Tensor) -> torch.dtype:
    return torch.float32 if like.dtype in (torch.float16, torch.bfloat16) else like.dtype
