"""Lives through worlds of faults again: `python -m tests.system.replay_fault KIND SEED …`."""

import sys

from suanwang.simulator.faults.truth import check
from suanwang.simulator.faults.world import World


def main(given: list[str]) -> int:
    """Exit 1 where something is not as it must be."""
    bad = 0
    kind, *seeds = given
    for seed in seeds:
        world = World(int(seed), kind)
        world.run()
        faults = check(world)
        bad += bool(faults)
        print(f"seed {seed}: {world.storm}")
        print(
            f"  {world.log.size} events, {world.calendar.count} happenings, {world.server.leads} leads, "
            f"{sum(agent.deaths for agent in world.agents.values())} agents died"
        )
        for fault in faults:
            print(f"  {fault}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
