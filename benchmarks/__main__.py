"""`python -m benchmarks [names] [--quick] [--write]`: measure, print, and keep what was measured."""

import argparse
import os
import sys
import time
import traceback

from benchmarks.registry import BENCHMARKS, chosen
from benchmarks.results import PAGE, aligned, load_rows, measured, write_rows


def main() -> int:
    """Run what is named; 1 where a must was missed or a benchmark broke."""
    listed = "\n".join(
        f"  {one.name:14}{one.about}{' (only when named)' if one.long else ''}" for one in BENCHMARKS
    )
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Figures beside what they must reach and a baseline of the same run.",
        epilog=f"benchmarks:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="benchmarks, or modules of them; default: all but the long")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name} and results.json")
    arguments = parser.parse_args()
    try:
        benchmarks = chosen(arguments.names)
    except KeyError as unknown:
        parser.error(f"no benchmark {unknown}")
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    whole = True
    for benchmark in benchmarks:
        print(f"\n{benchmark.name}: {benchmark.about}", flush=True)
        load, began = os.getloadavg()[0], time.perf_counter()
        try:
            rows = benchmark.run(arguments.quick)
        except Exception:
            # one broken benchmark must not cost the figures of the others
            traceback.print_exc()
            whole = False
            continue
        seconds = time.perf_counter() - began
        print(aligned(rows) if rows else "  nothing measured", f"\n  {seconds:.0f} s", flush=True)
        whole = whole and all(row.holds for row in rows)
        if arguments.write and rows:
            results = load_rows()
            results[benchmark.name] = measured(command, arguments.quick, load, seconds, rows)
            write_rows(results)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
