"""Policies to compare: by what the engine chooses places. What is charged is the same under all of them.

| policy | chooses by | clears |
|---|---|---|
| `full` | money, carbon at its price, scarcity: the platform as it is | yes |
| `price` | money and scarcity | yes |
| `carbon` | carbon at CARBON_WEIGHT times its price, what moving data costs, scarcity | yes |
| `local-only` | as `full`, within the job's own province | yes |
| `fcfs` | the earliest start, then the nearest by what its data costs | no |

The engine stays as it is: a policy only changes the figures by which the ground ranks places.
"""

from typing import Literal

import msgspec
import polars as pl

from suanwang.clearing.quote import QuoteDesk
from suanwang.engine.ground import Ground
from suanwang.engine.platform import Platform
from suanwang.model.job import LatencyClass
from suanwang.model.scenario import Scenario
from suanwang.units.text import Text

Policy = Literal["full", "price", "carbon", "local-only", "fcfs"]
POLICIES: tuple[Policy, ...] = ("full", "price", "carbon", "local-only", "fcfs")
CARBON_WEIGHT = 20
CARBON_LEAST_MICRO_PER_KG = 60_000
"""The carbon price that `carbon` steers by where the scenario has a lower one: 60 CNY a tonne."""

POLICY_TEXTS: dict[Policy, Text] = {
    "full": Text("money, carbon and scarcity", "费用、碳与紧缺价"),
    "price": Text("money only", "仅按费用"),
    "carbon": Text("carbon first", "碳优先"),
    "local-only": Text("stays in its province", "仅限本省"),
    "fcfs": Text("earliest start, no prices", "先来先服务，无价格"),
}


def latency_class_of(policy: Policy) -> LatencyClass:
    """How far the jobs may go."""
    return "local" if policy == "local-only" else "shiftable"


def steered(policy: Policy, network: Scenario) -> Scenario:
    """The network with the figures that the policy looks at."""
    header = network.header
    match policy:
        case "full" | "local-only":
            return network
        case "price":
            return with_figures(network, carbon_price=0)
        case "carbon":
            weight = CARBON_WEIGHT * max(header.carbon_price_micro_per_kg, CARBON_LEAST_MICRO_PER_KG)
            return without_money(with_figures(network, carbon_price=weight))
        case "fcfs":
            return without_money(with_figures(network, carbon_price=0))


def with_figures(network: Scenario, carbon_price: int) -> Scenario:
    """Another carbon price, micro-yuan per kg."""
    header = msgspec.structs.replace(network.header, carbon_price_micro_per_kg=carbon_price)
    return msgspec.structs.replace(network, header=header)


def without_money(network: Scenario) -> Scenario:
    """Neither device-hours nor electricity cost anything."""
    return msgspec.structs.replace(
        network,
        pools=network.pools.with_columns(pl.lit(0, pl.Int64).alias("price_micro_per_device_hour")),
        signals=network.signals.with_columns(pl.lit(0.0).alias("price_micro_per_kwh")),
    )


class SteeredGround(Ground):
    """A ground that ranks places by a policy's figures; capacity and charges are those of the network."""

    policy: Policy = "full"

    def make_desk(self) -> QuoteDesk:
        """See `Stretch.make_desk`."""
        return QuoteDesk(steered(self.policy, self.scenario), self.price_micro, self.free_milli)

    def may_shift(self, deadline_at: int | None) -> bool:
        """See `Ground.may_shift`; first come, first served looks at the start before anything else."""
        return self.policy != "fcfs" and super().may_shift(deadline_at)


def platform_for(policy: Policy) -> Platform:
    """A platform that chooses by the policy; under `full` and `local-only` it is the engine untouched."""
    platform = Platform()
    platform.clears = policy != "fcfs"
    if policy not in ("full", "local-only"):
        platform.ground_type = type("PolicyGround", (SteeredGround,), {"policy": policy})
    return platform
