import pickle

from multihot.errors import MissingExtraError


def test_an_error_crosses_processes() -> None:
    error = MissingExtraError("ONNX export", "export")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301
