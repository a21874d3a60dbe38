"""`audit`: everything that looks wrong about labelled samples, without changing any.

Shapes: N samples, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from multihot.audit.doubts import doubts
from multihot.audit.duplicates import Duplicates, blocks_of, find_duplicates
from multihot.audit.hashes import SMALLEST, see
from multihot.audit.label_issues import LabelIssues
from multihot.audit.near import Pairs, look_alikes
from multihot.data import Features, Samples, SetAside
from multihot.labels import LabelSpace
from multihot.run import Run
from multihot.wording import counted


class Violation(NamedTuple):
    """A sample whose given labels break a relation, whatever its unknown ones are."""

    row: int
    relation: str


@dataclass(frozen=True)
class Audit:
    """What was found.

    Args:
        samples: those that can be read; rows everywhere are theirs.
        contents: content hash of each.
        parts: per sample the part of the split it is in, the run's where one is given, or None.
        unreadable: samples that cannot be read, with the reason.
        duplicates: groups of samples that are the same.
        violations: broken relations.
        labels: labels that are probably wrong; None without a run, or with too few samples.
        notes: what was not looked at and why, and where scores come from, a sentence each.
    """

    samples: Samples
    contents: tuple[str, ...]
    parts: tuple[str | None, ...]
    unreadable: tuple[SetAside, ...]
    duplicates: tuple[Duplicates, ...]
    violations: tuple[Violation, ...]
    labels: LabelIssues | None
    notes: tuple[str, ...]


class _Inputs(NamedTuple):
    samples: Samples
    contents: tuple[str, ...]
    pairs: Pairs
    notes: list[str]


def audit(samples: Samples, run: Run | None = None, *, seed: int = 0) -> Audit:
    """Look for unreadable files, duplicates, broken relations and, with a run, labels that are probably wrong.

    Args:
        samples: labelled pictures or feature vectors; nothing of them is changed.
        run: a run on such samples. Its encoder gives the features on which heads are fitted anew, out of fold, whatever
            labels it was trained for; its split is the one that duplicates are held against; and where the samples
            declare no relations of their own, its are taken.
        seed: deals samples to folds.
    """
    given = _with_relations(samples, run)
    inputs = _features(given) if isinstance(given.inputs, Features) else _pictures(given)
    readable, notes = inputs.samples, inputs.notes
    parts = _parts(readable, run, notes)
    blocks = blocks_of(inputs.contents, inputs.pairs, readable.groups)
    labels, about_labels = doubts(readable, blocks, run, seed)
    return Audit(
        readable,
        inputs.contents,
        parts,
        readable.set_aside,
        find_duplicates(inputs.contents, inputs.pairs, readable.targets, parts),
        _violations(readable),
        labels,
        (*notes, *about_labels),
    )


def _with_relations(samples: Samples, run: Run | None) -> Samples:
    space = samples.space
    if run is None or space.relations or not set(run.space.relations.names()) <= set(space):
        return samples
    return replace(samples, space=LabelSpace(space.names, run.space.relations))


def _pictures(samples: Samples) -> _Inputs:
    seen = see(samples.images)
    kept = np.array([row for row in range(len(samples)) if row not in seen.bad], np.intp)
    pairs = np.searchsorted(kept, seen.rows)[look_alikes(seen.look)]
    notes = []
    if seen.tiny:
        notes.append(
            f"compared byte by byte only, not by look: {counted(seen.tiny, 'picture')} smaller than {SMALLEST} pixels"
        )
    return _Inputs(samples.without(seen.bad), tuple(seen.contents[row] for row in kept), pairs, notes)


def _features(samples: Samples) -> _Inputs:
    note = "the samples are feature vectors: they were compared value by value; what is about pictures does not apply"
    return _Inputs(samples, samples.features.hashes(), np.zeros((0, 2), np.intp), [note])


def _parts(samples: Samples, run: Run | None, notes: list[str]) -> tuple[str | None, ...]:
    """The run's part of each sample, by id; the source's where there is no run or it does not know the sample."""
    declared: Sequence[str | None] = samples.split or (None,) * len(samples)
    if run is None:
        return tuple(declared)
    table = run.split()
    part_of = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    missing = sum(name not in part_of for name in samples.ids)
    if missing:
        notes.append(f"not in the run's split: {missing:,} of {counted(len(samples), 'sample')}")
    return tuple(part_of.get(name, part) for name, part in zip(samples.ids, declared, strict=True))


def _violations(samples: Samples) -> tuple[Violation, ...]:
    rules = samples.space.rules
    if not len(rules):
        return ()
    broken = rules.violated(samples.targets.present, samples.targets.unknown)
    return tuple(Violation(int(row), rules.texts[rule]) for row, rule in np.argwhere(broken))
