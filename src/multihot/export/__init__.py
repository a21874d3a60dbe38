"""Export: a run as one ONNX file that carries preprocessing, calibration, thresholds, relations and names."""

from multihot.export.writing import export

__all__ = ["export"]
