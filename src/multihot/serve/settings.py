"""What a user may say about serving; all of it is safe by default."""

from ipaddress import ip_address

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from multihot.models import RuntimeName

MEBIBYTE = 2**20


class ServeSettings(BaseModel):
    """Limits, batches, and who may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """The address to listen at; 0.0.0.0 is every one that this machine has."""

    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes a free one."""

    names: tuple[str, ...] = ()
    """Host names under which requests may come, besides those of this machine itself. On an address other than this
    machine's own, none means any."""

    tokens: tuple[SecretStr, ...] = ()
    """One of these must come with every request, page included; none means that everyone may ask."""

    runtime: RuntimeName = "auto"
    """What computes the features of pictures: `torch`, or on a CPU `openvino`, `onnxruntime` or `compile`; `auto`
    measures which is fastest when the server starts."""

    batch_size: int = Field(default=16, ge=1)
    """Pictures, or requests of feature vectors, that go through the model together."""

    batch_wait: float = Field(default=0.005, ge=0)
    """Seconds that a batch waits for more while the model has nothing else to do."""

    max_bytes: int = Field(default=32 * MEBIBYTE, ge=1)
    """Size of one request."""

    max_pixels: int = Field(default=50_000_000, ge=1)
    """Width times height of one picture."""

    max_images: int = Field(default=64, ge=1)
    """Pictures in one request."""

    max_rows: int = Field(default=1024, ge=1)
    """Feature vectors in one request."""

    max_waiting: int = Field(default=256, ge=1)
    """Pictures, or requests of feature vectors, that are accepted and not yet answered; further ones get 503."""

    max_waiting_bytes: int = Field(default=256 * MEBIBYTE, ge=1)
    """Size of all requests that are accepted and not yet answered; further ones get 503."""

    timeout: float = Field(default=30.0, gt=0)
    """Seconds for one request, from its first byte to its answer."""

    @property
    def loopback(self) -> bool:
        """Whether only this machine itself can ask."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False
