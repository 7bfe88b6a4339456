"""The network as it is shown: centres, pools with what is free now, devices, prices by slot."""

from collections.abc import Iterator

from suanwang.engine.platform import CentreState, Platform
from suanwang.model.api.network import CentreTold, Contact, DeviceTold, PoolTold, PriceLine
from suanwang.units.rounding import Int64Array


def milli_of(devices: str) -> int:
    """Milli-devices of a number of devices with at most three decimals."""
    whole, _, places = devices.partition(".")
    return int(whole) * 1000 + int(places[:3].ljust(3, "0") or 0)


def pools_told(platform: Platform) -> Iterator[PoolTold]:
    """Every pool, with what is free in the running slot."""
    if not platform.has_network:
        return
    ground, terms = platform.ground, platform.terms
    slot = min(max(0, terms.slot_of(platform.state.at) - ground.from_slot), ground.slots - 1)
    per_hour = 60 / terms.slot_minutes
    free, energy, price = (
        ground.free_milli[:, slot],
        ground.energy_micro[:, slot],
        ground.price_micro[:, slot],
    )
    for name, centre in platform.state.centres.items():
        for pool in centre.pools:
            row = ground.row_of[pool.pool]
            yield PoolTold(
                pool.pool,
                name,
                pool.device,
                milli_of(pool.devices),
                max(0, int(free[row])),
                round((int(ground.compute_micro[row]) + int(energy[row])) * per_hour),
                round(int(price[row]) * per_hour),
                centre.open,
                tuple(shape for shape in centre.fits if shape.pool == pool.pool),
            )


def contact_of(centre: CentreState) -> Contact:
    """Whether a centre speaks."""
    if centre.withdrawn:
        return "withdrawn"
    if centre.session == 0:
        return "never"
    return "speaks" if centre.silent_since is None else "silent"


def centres_told(platform: Platform) -> Iterator[CentreTold]:
    """Every centre with its pools."""
    of_centre: dict[str, list[PoolTold]] = {}
    for pool in pools_told(platform):
        of_centre.setdefault(pool.centre, []).append(pool)
    for name, centre in platform.state.centres.items():
        graded = platform.state.conformance.get(name)
        yield CentreTold(
            centre.row,
            tuple(of_centre.get(name, ())),
            contact_of(centre),
            centre.silent_since,
            len(centre.attempts),
            "" if graded is None else graded.grade,
            None if graded is None else graded.at,
        )


def devices_told(platform: Platform) -> list[DeviceTold]:
    """Every device class, over the pools of open centres."""
    sums: dict[str, tuple[int, int, int]] = {}
    for pool in pools_told(platform):
        pools, milli, free = sums.get(pool.device, (0, 0, 0))
        if pool.open:
            sums[pool.device] = pools + 1, milli + pool.milli, free + pool.free_milli
        else:
            sums.setdefault(pool.device, (pools, milli, free))
    return [DeviceTold(device, *sums[device]) for device in sorted(sums)]


def price_lines(platform: Platform, slots: int, wanted: str) -> tuple[int, list[PriceLine]]:
    """(first slot, prices) for `slots` slots from now on; `wanted`: a pool or a device, "" for all."""
    if not platform.has_network:
        return 0, []
    ground = platform.ground
    first = platform.terms.slot_of(platform.state.at)
    begin = min(max(0, first - ground.from_slot), ground.slots)
    end = min(ground.slots, begin + slots)

    def line(values: Int64Array, row: int) -> tuple[int, ...]:
        return tuple(values[row, begin:end].tolist())

    return first, [
        PriceLine(
            pool,
            ground.devices[row],
            int(ground.compute_micro[row]),
            line(ground.energy_micro, row),
            line(ground.price_micro, row),
            line(ground.carbon_mg, row),
        )
        for row, pool in enumerate(ground.pools)
        if wanted in ("", pool, ground.devices[row])
    ]
