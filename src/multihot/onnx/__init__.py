"""An exported run: one file, and what reads it without torch.

Importing this needs numpy, Pillow, simplejpeg and onnxruntime, and nothing else of what multihot stands on.
"""

from multihot.onnx.description import Description, Precision, SelfCheck
from multihot.onnx.engines import EngineName
from multihot.onnx.predictor import Predictor

__all__ = ["Description", "EngineName", "Precision", "Predictor", "SelfCheck"]
