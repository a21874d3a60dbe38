"""Under which licence an encoder's weights were published."""

from multihot.models import EncoderSettings
from multihot.models.encoders import has_pretrained_weights


def licence_of(encoder: EncoderSettings) -> str:
    """As timm names it (apache-2.0, cc-by-nc-4.0, ...); empty for weights from a file, or of nobody but the user."""
    if not has_pretrained_weights(encoder) or encoder.weights != "auto":
        return ""
    import timm

    config = timm.get_pretrained_cfg(encoder.name)
    return str(config.license or "") if config is not None else ""
