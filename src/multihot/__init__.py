"""Multi-label classification: samples with any number of labels in, label sets you can trust out."""

__version__ = "0.1.0"
