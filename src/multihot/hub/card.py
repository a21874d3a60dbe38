"""The model card: what a run says of itself to people who did not make it."""

import html
import re
from collections.abc import Sequence

from huggingface_hub import EvalResult, ModelCardData

from multihot.export.licence import licence_of
from multihot.hub.contents import Contents, contents, part_shown, source_of
from multihot.models import EncoderSettings
from multihot.run import ListedRun, Run

CARD = "README.md"

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")


def model_card(run: Run | ListedRun, name: str, plots: Sequence[str] = ()) -> str:
    """`README.md` of a repository: YAML for the hub, then data, labels, metrics, decision and limits in Markdown.

    Args:
        run: a finished run.
        name: OWNER/NAME of the repository.
        plots: paths in the repository of pictures to show.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shown = contents(run)
    environment = Environment(  # noqa: S701 -- Markdown: `text` escapes what comes from the data
        loader=PackageLoader("multihot.hub"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"text": in_markdown, "interval": _interval}
    template = environment.get_template("card.md")
    body = template.render(shown=shown, name=name, folder=f"runs/{name.rpartition('/')[2]}", plots=plots)
    return f"---\n{_front_matter(run, name, shown).to_yaml()}\n---\n\n{body}"


def in_markdown(text: str) -> str:
    r"""Text that stays what it is in Markdown, its tables and its HTML.

    >>> print(in_markdown("red|*new*\n<b>"))
    red\|\*new\*  &lt;b&gt;
    """
    return _SPECIAL.sub(r"\\\1", html.escape(text, quote=False).replace("\n", "  "))


def _front_matter(run: Run | ListedRun, name: str, shown: Contents) -> ModelCardData:
    """What the hub reads: its filters and its table of results."""
    encoder, pictures = run.recipe.encoder, run.features is None
    licence = licence_of(encoder) if isinstance(encoder, EncoderSettings) else ""
    task = "image-classification" if pictures else "tabular-classification"
    part, source = part_shown(run.metrics()), source_of(run)
    results = [
        EvalResult(
            task_type=task,
            task_name="multi-label classification",
            dataset_type=re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-") or "own",
            dataset_name=source,
            dataset_split=part,
            metric_type=figure.name,
            metric_name=figure.title,
            metric_value=figure.parts[part]["value"],
        )
        for figure in shown.headline
        if figure.parts.get(part, {}).get("value") is not None
    ]
    return ModelCardData(
        library_name="multihot",
        pipeline_tag=task,
        tags=["multihot", "multi-label-classification"],
        license=licence if licence not in ("", "other") else None,
        model_name=name.rpartition("/")[2],
        eval_results=results or None,
    )


def _interval(bounds: dict[str, float | None]) -> str:
    value, low, high = (bounds.get(name) for name in ("value", "low", "high"))
    if value is None:
        return "–"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f} to {high:.3f})"
