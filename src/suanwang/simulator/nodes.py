"""The nodes of a modelled pool: which gangs fit now, and where they go.

A gang takes whole devices on each of its nodes, and at most one share of a further device. `first` takes
the lowest nodes that hold it, `best` those that are left with the least; `pooled` has no nodes at all: the
pool is one heap of devices, which tells what the nodes cost.
"""

from typing import Literal

import msgspec
import numpy as np

from suanwang.units.rounding import Int64Array

Packing = Literal["first", "best", "pooled"]
MILLI = 1000


class Held(msgspec.Struct, frozen=True, gc=False):
    """What a gang holds: `whole` devices on each of `nodes`, and a share of one of `devices` on each.

    In a pool without nodes: `milli` in all.
    """

    nodes: Int64Array
    whole: int
    share_milli: int
    devices: tuple[int, ...]
    milli: int


class Nodes:
    """Free devices by node. `shares[node]`: what is left of the devices that are shared, by their number."""

    def __init__(self, devices_milli: int, node_milli: int, packing: Packing) -> None:
        self.packing: Packing = packing
        self.free_milli = devices_milli
        full, rest = divmod(devices_milli, max(node_milli, MILLI))
        sizes = [node_milli // MILLI] * full + ([rest // MILLI] if rest >= MILLI else [])
        # part of a device that belongs to no node can only be shared
        self.free = np.array(sizes, np.int64)
        self.shares: list[dict[int, int]] = [{} for _ in sizes]
        if devices_milli % MILLI:
            self.free = np.append(self.free, 0)
            self.shares.append({0: devices_milli % MILLI})
        self.up = np.ones(len(self.free), np.bool_)
        self.devices_opened = 0

    def take(self, units_milli: int, count: int) -> Held | None:
        """Devices for `count` nodes with `units_milli` each, or None where they do not fit."""
        if self.packing == "pooled":
            milli = units_milli * count
            if milli > self.free_milli:
                return None
            self.free_milli -= milli
            return Held(np.empty(0, np.int64), 0, 0, (), milli)
        whole, share = divmod(units_milli, MILLI)
        nodes = self._choose(whole, share, count)
        if nodes is None:
            return None
        self.free[nodes] -= whole
        devices = tuple(self._share_on(int(node), share) for node in nodes) if share else ()
        return Held(nodes, whole, share, devices, units_milli * count)

    def _choose(self, whole: int, share: int, count: int) -> Int64Array | None:
        fits = self.free >= whole + (share > 0)
        fits &= self.up
        if share:
            for node in np.flatnonzero(self.up & (self.free == whole)).tolist():
                fits[node] = any(left >= share for left in self.shares[node].values())
        nodes = fits.nonzero()[0]
        if len(nodes) < count:
            return None
        if self.packing == "best" and len(nodes) > count:
            nodes = nodes[np.argsort(self.free[nodes], kind="stable")]
        return nodes[:count]

    def _share_on(self, node: int, share: int) -> int:
        shared = self.shares[node]
        fitting = [(left, device) for device, left in shared.items() if left >= share]
        if fitting:
            left, device = min(fitting)
        else:
            self.devices_opened += 1
            left, device = MILLI, self.devices_opened
            self.free[node] -= 1
        shared[device] = left - share
        return device

    def give_back(self, held: Held) -> None:
        """The gang is gone."""
        if self.packing == "pooled":
            self.free_milli += held.milli
            return
        self.free[held.nodes] += held.whole
        for node, device in zip(held.nodes.tolist(), held.devices, strict=True) if held.devices else ():
            shared = self.shares[node]
            shared[device] += held.share_milli
            if shared[device] == MILLI:
                del shared[device]
                self.free[node] += 1

    def room(self) -> list[int]:
        """The most that one attempt can have on each node now, milli-devices: what a driver calls usable."""
        return [
            whole * MILLI + max(shared.values(), default=0)
            for whole, shared, up in zip(self.free.tolist(), self.shares, self.up.tolist(), strict=True)
            if up
        ]
