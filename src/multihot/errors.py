"""Everything multihot raises on purpose.

MultihotError
├── DataError           a source, file, row or picture cannot be used
│   ├── FormatError     a source is in no known format, or not in the one named
│   └── ImageError      one picture cannot be decoded
├── LabelError          label names are unknown, repeated or in another order
├── ArgumentError       an argument has the wrong shape, type or range (also a ValueError)
├── RecipeError         a setting is unknown or out of range
├── RunError            a run directory is missing, incomplete or of another kind
├── HubError            a repository of the hub cannot be reached, or is not what was expected
└── MissingExtraError   an optional library is not installed

Each message is one sentence or two: where, what came, what was expected, what to do.
"""


class MultihotError(Exception):
    """The root: what the command line shows as one line, with exit status 2."""


class DataError(MultihotError):
    """A source, file, row or picture cannot be used."""


class FormatError(DataError):
    """A source is in no known format, or not in the one that was named."""


class ImageError(DataError):
    """One picture cannot be decoded; the message is the reason, without the name of the file."""


class LabelError(MultihotError):
    """Label names are unknown, repeated or in another order than expected."""


class ArgumentError(MultihotError, ValueError):
    """An argument has the wrong shape, type or range."""


class RecipeError(MultihotError):
    """A setting of a recipe is unknown or out of range."""


class RunError(MultihotError):
    """A run directory is missing, incomplete or of another kind."""


class HubError(MultihotError):
    """A repository of the Hugging Face hub cannot be reached, or is not what was expected."""


class MissingExtraError(MultihotError):
    """An optional library is needed and not installed.

    Args:
        purpose: what needs it, as the start of a sentence ("ONNX export").
        extra: the name of multihot's extra that brings it.

    >>> str(MissingExtraError("ONNX export", "export"))
    "ONNX export needs an optional library: pip install 'multihot[export]'"
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(purpose, extra)

    def __str__(self) -> str:
        purpose, extra = self.args
        return f"{purpose} needs an optional library: pip install 'multihot[{extra}]'"


def one_line(said: object) -> str:
    r"""What an error of another library says, without line breaks; its kind where it says nothing.

    >>> one_line(ValueError("bad\n  header")), one_line(KeyError())
    ('bad header', 'KeyError')

    Of a place that cannot be used, the place comes first.

    >>> one_line(FileNotFoundError(2, "No such file or directory", "a.txt"))
    'a.txt: No such file or directory'
    """
    if isinstance(said, OSError) and said.filename is not None and said.strerror:
        said = f"{said.filename}: {said.strerror}"
    return " ".join(str(said).split()) or type(said).__name__
