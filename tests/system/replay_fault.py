"""Lives through worlds of faults again: `python -m tests.system.replay_fault [--clocks] SEED [SEED …]`."""

import sys

from suanwang.simulator.faults.plan import clock_weather_of, weather_of
from suanwang.simulator.faults.truth import check
from suanwang.simulator.faults.world import World


def main(given: list[str]) -> int:
    """Exit 1 where something is not as it must be."""
    bad = 0
    drawn = clock_weather_of if "--clocks" in given else weather_of
    for seed in [one for one in given if one != "--clocks"]:
        world = World(int(seed), drawn)
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
