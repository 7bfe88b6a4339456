"""The figures that a monitoring system collects, in Prometheus' own format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES = (1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 20_000, 100_000)


class Figures:
    """One set for one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._group = Histogram(
            "suanwang_group_events", "Events appended in one group", registry=self.registry, buckets=SIZES
        )
        self._inputs = Counter("suanwang_inputs", "Inputs that were decided", registry=self.registry)
        self._append = Histogram(
            "suanwang_append_seconds", "Time to make a group durable", registry=self.registry, buckets=SECONDS
        )
        self._http = Histogram(
            "suanwang_http_seconds",
            "Time to answer, by route and status",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=SECONDS,
        )
        self.jobs = Gauge("suanwang_jobs", "Jobs by state", ("state",), registry=self.registry)
        self.leads = Gauge("suanwang_leads", "1 where this server leads", registry=self.registry)
        self.events = Gauge("suanwang_log_events", "Events in the log", registry=self.registry)
        self.queue = Gauge("suanwang_inputs_waiting", "Inputs not yet decided", registry=self.registry)
        self.clearing_gap = Gauge("suanwang_clearing_gap", "Gap of the last clearing", registry=self.registry)
        self.clearing_s = Gauge(
            "suanwang_clearing_seconds", "Time of the last clearing", registry=self.registry
        )
        self.solver_failures = Gauge(
            "suanwang_clearing_failures", "Clearing processes that died", registry=self.registry
        )
        self.centres = Gauge("suanwang_centres", "Centres by contact", ("contact",), registry=self.registry)

    def appended(self, events: int, inputs: int, seconds: float) -> None:
        """A group is durable."""
        self._group.observe(events)
        self._inputs.inc(inputs)
        self._append.observe(seconds)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._http.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of them, as they are collected."""
        return generate_latest(self.registry)
