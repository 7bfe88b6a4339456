"""Every sampled job at the cheapest place of an empty network, by plain loops: what its parts cost there."""

from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from suanwang.model.scenario import Scenario


@dataclass
class Split:
    """Costs of the sampled jobs by part, in micro-yuan, and how many have no place or are not worth it."""

    parts: NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))
    jobs: int = 0
    nowhere: int = 0
    too_dear: int = 0

    @property
    def shares(self) -> dict[str, float]:
        names = ("compute", "energy", "carbon", "data")
        return dict(zip(names, (self.parts / self.parts.sum()).tolist(), strict=True))


class Network:
    """The pools and links of a scenario as arrays; prices and carbon of a slot per device."""

    def __init__(self, scenario: Scenario) -> None:
        centres, pools, links = scenario.centres, scenario.pools, scenario.links
        slots, self.header = scenario.header.slots, scenario.header
        index = {centre: row for row, centre in enumerate(centres["centre"])}
        self.region = {region: row for row, region in enumerate(scenario.regions["region"])}
        shape = (len(self.region), len(index))
        self.rtt = links["rtt_ms"].to_numpy().reshape(shape)
        self.cost = links["cost_micro_per_gb"].to_numpy().reshape(shape)
        self.gbps = links["gbps"].fill_null(0.0).to_numpy().reshape(shape)
        self.centre = np.array([index[centre] for centre in pools["centre"]])
        zones = scenario.signals["grid_zone"].unique(maintain_order=True).to_list()
        zone = np.array([zones.index(name) for name in centres["grid_zone"]])[self.centre]
        kwh = pools["power_w_per_device"].to_numpy() * centres["pue"].to_numpy()[self.centre] / 1000
        price = scenario.signals["price_micro_per_kwh"].to_numpy().reshape(-1, slots)[zone]
        carbon = scenario.signals["carbon_g_per_kwh"].to_numpy().reshape(-1, slots)[zone]
        per_kg = scenario.header.carbon_price_micro_per_kg
        zero = np.zeros((pools.height, 1))
        self.energy = np.hstack([zero, np.cumsum(kwh[:, None] * price, axis=1)])
        self.carbon = np.hstack([zero, np.cumsum(kwh[:, None] * carbon / 1000 * per_kg, axis=1)])
        self.rent = pools["price_micro_per_device_hour"].to_numpy()
        self.device, self.size = pools["device"].to_numpy(), pools["devices"].to_numpy()
        self.node = pools["devices_per_node"].to_numpy()
        self.at = centres["region"].to_list()
        self.grade = centres["security_grade"].to_numpy()

    def transfer(self, gb: float, gbps: float) -> int:
        return ceil(gb * 8 / gbps / 3600) if gbps else 0

    def best(self, job: dict[str, object]) -> list[float] | None:
        """Rent, electricity, carbon and data of a job's cheapest place, or None."""
        found: list[float] | None = None
        region = self.region[str(job["region"])]
        source = self.region[str(job["data_region"] or job["region"])]
        gb_in, gb_out = float(str(job["gb_in"])), float(str(job["gb_out"]))
        for option in str(job["options"]).split(";"):
            name, shape, span = option.split(":")
            units, _, nodes = shape.partition("x")
            devices, hours = float(units) * int(nodes or 1), int(span)
            for pool in np.flatnonzero(
                (self.device == name) & (self.node >= float(units)) & (self.size >= devices)
            ).tolist():
                centre = self.centre[pool]
                if not self.admits(job, region, centre):
                    continue
                first = int(str(job["release_slot"])) + self.transfer(gb_in, self.gbps[source, centre])
                last = (
                    int(str(job["deadline_slot"])) - hours - self.transfer(gb_out, self.gbps[region, centre])
                )
                if last < first:
                    continue
                start = np.arange(first, last + 1)
                energy = self.energy[pool, start + hours] - self.energy[pool, start]
                carbon = self.carbon[pool, start + hours] - self.carbon[pool, start]
                at = int(np.argmin(energy + carbon))
                parts = [
                    devices * hours * self.rent[pool],
                    devices * energy[at],
                    devices * carbon[at],
                    gb_in * self.cost[source, centre] + gb_out * self.cost[region, centre],
                ]
                if found is None or sum(parts) < sum(found):
                    found = parts
        return found

    def admits(self, job: dict[str, object], region: int, centre: int) -> bool:
        near = job["max_rtt_ms"] is None or self.rtt[region, centre] <= float(str(job["max_rtt_ms"]))
        graded = self.grade[centre] >= int(str(job["min_security_grade"] or 0))
        home = job["residency"] is None or self.at[centre].startswith(tuple(str(job["residency"]).split(";")))
        return bool(near and graded and home)


def split(scenario: Scenario, sample: int) -> Split:
    """The cheapest places of every n-th job, about `sample` of them."""
    network, result = Network(scenario), Split()
    for job in scenario.jobs.gather_every(max(scenario.jobs.height // sample, 1)).iter_rows(named=True):
        result.jobs += 1
        parts = network.best(job)
        if parts is None:
            result.nowhere += 1
            continue
        result.parts += parts
        result.too_dear += sum(parts) >= job["value_micro"]
    return result
