"""The application that commands are added to."""

from cyclopts import App, Parameter

import multihot

Flag = Parameter(negative="")
COMMANDS = {
    "training:demo": "Make scenes of handwritten digits, train on them and report: under a minute, no download.",
    "sources:inspect": "Look at SOURCE before training: counts, balance, what stands together, what may cause trouble.",
    "sources:audit": "Look in SOURCE for what is wrong: unreadable files, duplicates, broken relations, wrong labels.",
    "sources:convert": "Write SOURCE again in another format, pictures or feature vectors with it.",
    "training:train": "Train a classifier on SOURCE, measure it, and write a run directory with a report.",
    "measuring:evaluate": "Measure RUN on labelled samples, or another tool's model by its scores.",
    "predicting:predict": "Give label sets to pictures, feature vectors, or scores of another tool's model.",
    "exports:export": "Write RUN as one ONNX file, from decoded pictures to label sets, and check it.",
    "serving:serve": "Answer requests over HTTP, of programs and at a web page; SIGHUP loads the runs again.",
    "hub:push": "Write RUN with a model card to the Hugging Face hub, as the private repository NAME.",
    "hub:pull": "Fetch the run NAME from the Hugging Face hub, and check that it loads.",
    "measuring:report": "Write report.html and plots of RUN again.",
}
"""Module and function of each command, and its first line. A module is imported when one of its commands is called, so
that none waits for what only others need, and help waits for nothing."""


def application() -> App:
    """An application without commands."""
    return App(
        name="multihot",
        help="Multi-label classification: samples with any number of labels in, label sets you can trust out.",
        version=multihot.__version__,
        suppress_keyboard_interrupt=False,
    )


app = application()
for place, said in COMMANDS.items():
    app.command(f"multihot.cli.{place}", help=said)
