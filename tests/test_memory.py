import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from multihot.memory import keep_large_blocks
assert keep_large_blocks()
for _ in range(2):
    np.ones(2**23)  # 64 MB, written
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(2**23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="page faults are counted as Linux does")
def test_large_blocks_are_used_again_without_page_faults() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert int(done.stdout) < 1000  # of 4 KiB; mapped afresh it would be 160,000
