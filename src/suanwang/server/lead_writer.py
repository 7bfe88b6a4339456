"""The runtime's writer as a server runs it: it remembers what each group decided, for those who follow."""

from typing import NamedTuple

from suanwang.engine.effects import Deliver
from suanwang.engine.events import AnyEvent
from suanwang.engine.platform import Platform
from suanwang.model.log import LogWriter
from suanwang.runtime.ports import Clock, Solver, Transport
from suanwang.runtime.writer import Group, Writer
from suanwang.server.feed import Told
from suanwang.server.views import Views


class Decided(NamedTuple):
    """A group; its events; how far the orders of each centre reach once the group is durable."""

    group: Group
    told: list[Told]
    order_counts: dict[str, int]


class LeadWriter(Writer):
    """`views` follow each decision at once, like the platform itself."""

    def __init__(
        self,
        platform: Platform,
        log: LogWriter,
        clock: Clock,
        solver: Solver,
        transport: Transport,
        views: Views,
    ) -> None:
        self.views = views
        super().__init__(platform, log, clock, solver, transport)

    def record(self, name: str, digest: bytes, events: list[AnyEvent], group: Group) -> None:
        """Adds an entry to the group, and tells the views."""
        super().record(name, digest, events, group)
        for event in events:
            self.views.take(event)

    def decide(self) -> Decided | None:
        """One round. None where there was nothing to do."""
        first = self.platform.state.events
        group = self.round()
        if group is None:
            return None
        # invariant: the platform counts its events as the log does
        assert self.platform.state.events == first + len(group.events)
        records = [record for entry in group.entries for record in entry.events]
        told = [
            (first + number, record, event)
            for number, (record, event) in enumerate(zip(records, group.events, strict=True))
        ]
        counts = {
            effect.centre: self.platform.state.centres[effect.centre].order_count
            for effect in group.effects
            if isinstance(effect, Deliver)
        }
        return Decided(group, told, counts)
