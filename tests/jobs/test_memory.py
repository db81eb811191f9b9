"""The memory of a worker has a bound, whatever its input."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from noising.corpus.forms import MAX_ROW_TOKENS

PROGRAM = """
import pathlib, re, sys
import numpy, pyarrow.parquet
from noising.command import main

def find_peak():
    # ru_maxrss would also count the process that started this one.
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024

base = find_peak()
code = main(sys.argv[1:])
print(code, find_peak() - base)
"""


def test_the_largest_rows_in_one_row_group_take_less_than_400_mb(tmp_path):
    sizes = [MAX_ROW_TOKENS] * 24 + [3] * 2000
    tokens = np.arange(sum(sizes), dtype=np.int32) % 1000
    ends = np.concatenate([[0], np.cumsum(sizes)])
    lists = pa.LargeListArray.from_arrays(pa.array(ends), pa.array(tokens))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"input_ids": lists}), path)
    assert pq.ParquetFile(path).num_row_groups == 1
    arguments = f"corpus noise {path} {tmp_path}/out --spec mdlm --seed 1"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    code, megabytes = done.stdout.splitlines()[-1].split()
    assert (code, done.stderr) == ("0", "")
    assert 50 < float(megabytes) < 400
