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

AFTERWARDS = """
import resource
import numpy as np
from multihot.memory import give_back_free_blocks, keep_large_blocks

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

keep_large_blocks()
blocks = [np.ones(2**20) for _ in range(32)]  # 256 MB in all
needed = blocks[-1:]  # what lies behind the others keeps them from being the end of the heap
before = resident()
del blocks
kept = resident()
give_back_free_blocks()
print(before - kept < 2**26, kept - resident() > 2**27)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="page faults are counted as Linux does")
def test_large_blocks_are_used_again_without_page_faults() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert int(done.stdout) < 1000  # of 4 KiB; mapped afresh it would be 160,000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted as Linux does")
def test_what_is_kept_is_given_back_wherever_it_lies() -> None:
    done = subprocess.run([sys.executable, "-c", AFTERWARDS], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["True", "True"]
