"""Which relations of a decision go into a graph, and which must stay outside."""

from dataclasses import replace

from multihot.decisions import Decision


def in_closed_form(decision: Decision) -> tuple[Decision, tuple[str, ...]]:
    """The decision with the relations that have a closed form, and the others in words.

    Labels tied together by rules that need an integer programme lose all of them: a part of them would decide sets that
    the run never does.
    """
    tied = [part for part in decision.plan.parts if not part.closed_form]
    if not decision.space.relations or not tied:
        return decision, ()
    names = {decision.space.names[column] for part in tied for column in part.columns.tolist()}
    relations = decision.space.relations
    kept = replace(
        relations,
        groups=tuple(group for group in relations.groups if names.isdisjoint(group.labels)),
        implies=tuple(pair for pair in relations.implies if names.isdisjoint(pair)),
        excludes=tuple(pair for pair in relations.excludes if names.isdisjoint(pair)),
        total=None,  # ties all labels together, so that no part would be left
    )
    left_out = tuple(text for part in tied for text in part.rules.texts)
    return replace(decision, space=decision.space.with_relations(kept)), left_out
