"""HyperQueue's side of the comparison: runs under the Python of HyperQueue's own environment, not under ours.

    python peer_hyperqueue.py SLOTS JOBS

A server and a worker of SLOTS cores on this machine; prints how many of JOBS tasks `true`, submitted as one
job, it ran in a second, from the submission to the last end.
"""

# pyright: basic, reportMissingImports=false
import contextlib
import io
import os
import sys
import tempfile
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig


def seconds_of(client, jobs):
    """How long `jobs` tasks take."""
    job = Job()
    for _ in range(jobs):
        job.program(["true"])
    began = time.perf_counter()
    client.wait_for_jobs([client.submit(job)])
    return time.perf_counter() - began


def main():
    """Twenty tasks to warm up, then all of them."""
    slots, jobs = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        os.chdir(folder)
        os.mkdir("server")  # noqa: PTH102
        with LocalCluster(f"{folder}/server", WorkerConfig(cores=slots)) as cluster:
            client = cluster.client()
            seconds_of(client, 20)
            print(jobs / seconds_of(client, jobs))


if __name__ == "__main__":
    main()
