"""Commands about labelled samples: look at them, find what is wrong with them, write them in another format."""

import json as json_text
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from multihot.audit import audit as audit_samples
from multihot.audit import audit_folder, audit_table, to_dict, write_audit
from multihot.cli.app import Flag
from multihot.cli.reader import AS_RECOGNISED, Reader
from multihot.console import pairs, show
from multihot.data import WRITERS, write
from multihot.data.sources.writing import unwritten_labels
from multihot.inspect import inspect as inspect_samples
from multihot.inspect import terminal, write_inspection, write_proposals
from multihot.progress import logger
from multihot.run import Run
from multihot.wording import counted


def inspect(
    source: str,
    /,
    *,
    json: Annotated[bool, Flag] = False,
    out: Path | None = None,
    relations_out: Path | None = None,
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Look at SOURCE before training: counts, balance, what stands together, what may cause trouble.

    Args:
        source: a folder or file of labelled samples.
        json: print JSON, with everything that was found.
        out: an HTML page to write, with plots and pictures.
        relations_out: a YAML file to write, of relations that the data suggests; edit it for train --relations.
        reader: how SOURCE is read.
    """
    samples = reader.read(source)
    inspection = inspect_samples(samples)
    if out is not None:
        logger.info("page: %s", write_inspection(inspection, samples, out))
    if relations_out is not None and len(inspection.proposals):
        logger.info("proposed relations: %s", write_proposals(inspection, relations_out))
    elif relations_out is not None:
        logger.warning("%s: not written, there are no relations to propose", relations_out)
    said = terminal(inspection, proposals_written=relations_out is not None)
    show(json_text.dumps(inspection.to_dict(), indent=1, ensure_ascii=False) if json else said)


def audit(
    source: str,
    /,
    *,
    run: Path | None = None,
    out: Path | None = None,
    json: Annotated[bool, Flag] = False,
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Look in SOURCE for what is wrong: unreadable files, duplicates, broken relations, wrong labels.

    Args:
        source: a folder or file of labelled samples; nothing in it is changed.
        run: a run on such samples: finds labels that are probably wrong, and duplicates across its split.
        out: the folder for audit.html and audit.csv; audits/NAME by default.
        json: print JSON, with every finding.
        reader: how SOURCE is read.
    """
    folder = audit_folder(out, source)
    loaded = None if run is None else Run.load(run)
    samples = reader.read(source)
    found = audit_samples(samples, loaded)
    for note in (*found.samples.notes, *found.notes):
        logger.info("%s", note)
    page = write_audit(found, folder)
    show(json_text.dumps(to_dict(found), indent=1, ensure_ascii=False) if json else audit_table(found))
    logger.info("written: %s and %s", page, page.with_suffix(".csv"))


def convert(
    source: str,
    destination: Path,
    /,
    *,
    to: Annotated[str | None, Parameter(help=f"Format of DESTINATION: {', '.join(WRITERS)}.")] = None,
    writing: Annotated[tuple[str, ...], Parameter(name="--write", negative="", show_default=False)] = (),
    reader: Reader = AS_RECOGNISED,
) -> None:
    """Write SOURCE again in another format, pictures or feature vectors with it.

    Args:
        source: a folder or file of labelled samples.
        destination: a new file or folder; nothing is overwritten.
        to: told by the ending of DESTINATION where it is not given.
        writing: a setting of the format's writer, NAME=VALUE (separator=-); may be repeated.
        reader: how SOURCE is read.
    """
    samples = reader.read(source)
    for note in samples.notes:
        logger.info("source: %s", note)
    unread = (*samples.set_aside, *write(samples, destination, to, **pairs(writing, "--write")))
    for sample in unread:
        logger.warning("set aside %s: %s", sample.id, sample.reason)
    written = len(samples) + len(samples.set_aside) - len(unread)
    total, lost = len(samples.space), len(unwritten_labels(samples, destination, to))
    labels = f"{total - lost} of {counted(total, 'label')}" if lost else counted(total, "label")
    show(f"{destination}: {counted(written, 'sample')}, {labels}")
