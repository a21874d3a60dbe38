"""The application that commands are added to."""

from cyclopts import App, Parameter

import multihot

Flag = Parameter(negative="")


def application() -> App:
    """An application without commands."""
    return App(
        name="multihot",
        help="Multi-label classification: samples with any number of labels in, label sets you can trust out.",
        version=multihot.__version__,
        suppress_keyboard_interrupt=False,
    )


app = application()
