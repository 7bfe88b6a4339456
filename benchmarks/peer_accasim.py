"""AccaSim's side of the comparison: runs under the Python of AccaSim's own environment, not under ours.

    python peer_accasim.py TRACE.swf NODES FOLDER results|nothing

A machine of NODES nodes of one core each, first in first out, first fit. `results`: with the settings that
AccaSim comes with; `nothing`: all that it would write is switched off. Prints the seconds of its simulation
alone, as one number on the last line.
"""

# pyright: basic, reportMissingImports=false
import collections
import collections.abc
import json
import sys
import time
from pathlib import Path

# AccaSim 1.x names these where Python had them until 3.9
for name in ("Mapping", "MutableMapping", "Iterable", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))

from accasim.base.allocator_class import FirstFit  # noqa: E402
from accasim.base.scheduler_class import FirstInFirstOut  # noqa: E402
from accasim.base.simulator_class import Simulator  # noqa: E402


def main():
    """One run."""
    trace, nodes, folder, writes = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    system = folder / "system.json"
    groups = {"groups": {"g0": {"core": 1, "mem": 2**31}}, "resources": {"g0": nodes}}
    system.write_text(json.dumps(groups))
    dispatcher = FirstInFirstOut(FirstFit())
    silent = {"scheduling_output": False, "statistics_output": False} if writes == "nothing" else {}
    simulator = Simulator(trace, str(system), dispatcher, RESULTS_FOLDER_PATH=str(folder), **silent)
    began = time.perf_counter()
    simulator.start_simulation()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
