"""The API as calls: one for each route that a user's program needs. They raise `Answered`, `Unreachable`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote as quoted

import msgspec

from suanwang.client.line import Line
from suanwang.model.api.jobs import (
    Explanation,
    Extension,
    JobPage,
    JobTold,
    Quote,
    QuoteAsked,
    Submission,
    Submitted,
)
from suanwang.model.api.money import (
    Booked,
    Claims,
    EntryPage,
    Grants,
    QuotaAsked,
    Quotas,
    QuotaTold,
    SettlementAsked,
    Settlements,
    StatementKind,
    StatementTold,
    Statistics,
    Wallets,
    WalletTold,
)
from suanwang.model.api.network import (
    Centres,
    CentreTold,
    ConformanceRun,
    Devices,
    Done,
    Enrolment,
    NetworkAsked,
    NetworkTold,
    Pools,
    Prices,
    SignalsAsked,
    SignalsTold,
)
from suanwang.model.api.tokens import Me, Role, TokenAsked, TokenMade, Tokens, TokenTold
from suanwang.model.exchange import ContentKept
from suanwang.model.job import JobSpec, JobState
from suanwang.model.network import Outage


def part(name: str) -> str:
    """A name as a part of a path."""
    return quoted(name, safe="")


class Client:
    """See above. `key`: an Idempotency-Key; a new one where it is left out."""

    def __init__(self, line: Line) -> None:
        self.line = line

    # -- jobs

    def submit(self, jobs: Sequence[JobSpec], enterprise: str = "", key: str | None = None) -> Submitted:
        """Submits jobs in one transaction; each is admitted or refused by itself."""
        return self.line.ask("POST", "/v1/jobs", Submission(tuple(jobs), enterprise), Submitted, key)

    def quote(self, job: JobSpec, enterprise: str = "") -> Quote:
        """What a job would cost now, centre by centre."""
        return self.line.ask("POST", "/v1/quotes", QuoteAsked(job, enterprise), Quote)

    def jobs(
        self,
        state: JobState | None = None,
        enterprise: str = "",
        project: str = "",
        limit: int = 100,
        after: str | None = None,
    ) -> JobPage:
        """A page of jobs, newest first."""
        asked = {"state": state, "enterprise": enterprise or None, "project": project or None}
        return self.line.get("/v1/jobs", JobPage, {**asked, "limit": limit, "after": after})

    def job(self, name: str) -> JobTold:
        """One job."""
        return self.line.get(f"/v1/jobs/{part(name)}", JobTold)

    def explain(self, name: str) -> Explanation:
        """Why it is where it is, or waits."""
        return self.line.get(f"/v1/jobs/{part(name)}/explanation", Explanation)

    def cancel(self, name: str) -> JobTold:
        """No more of a job."""
        return self.line.ask("POST", f"/v1/jobs/{part(name)}/cancel", None, JobTold)

    def extend(self, name: str, more_s: int, key: str | None = None) -> JobTold:
        """More time for a running job."""
        return self.line.ask("POST", f"/v1/jobs/{part(name)}/extend", Extension(more_s), JobTold, key)

    def pause(self, name: str, resume: bool = False) -> JobTold:
        """Stops the clock of a running job, or lets it go on."""
        return self.line.ask(
            "POST", f"/v1/jobs/{part(name)}/{'resume' if resume else 'pause'}", None, JobTold
        )

    def log(
        self, name: str, follow: bool = False, stream: str = "stdout", attempt: int = 0, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        """What a job wrote, part by part."""
        asked = {"follow": str(follow).lower(), "stream": stream, "attempt": attempt, "offset": offset}
        return self.line.stream(f"/v1/jobs/{part(name)}/log", asked)

    def outputs(self, name: str) -> bytes:
        """What a job left behind, tar.gz."""
        return self.line.send("GET", f"/v1/jobs/{part(name)}/outputs").content

    def keep(self, data: bytes, enterprise: str = "") -> str:
        """Lays a content beside the log; its name. Sent again it lies there twice, which harms nothing."""
        headers = {"content-type": "application/octet-stream"}
        asked = {"enterprise": enterprise or None}
        response = self.line.send("PUT", "/v1/contents", data, headers, asked)
        return msgspec.json.decode(response.content, type=ContentKept).name

    def content(self, name: str) -> bytes:
        """A content."""
        return self.line.send("GET", f"/v1/contents/{part(name)}").content

    def erase(self, name: str) -> None:
        """Erases a content of one's own for good."""
        self.line.send("DELETE", f"/v1/contents/{part(name)}")

    def events(
        self, after: int | None = None, job: str = "", follow: bool = True
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The stream of events, as `text/event-stream` sends it."""
        return self.line.stream(
            "/v1/events", {"after": after, "job": job or None, "follow": str(follow).lower()}
        )

    # -- the network

    def network(self) -> NetworkTold:
        """The platform's terms and size."""
        return self.line.get("/v1/network", NetworkTold)

    def open_network(self, network: NetworkAsked) -> Done:
        """Opens the network, once."""
        return self.line.ask("POST", "/v1/network", network, Done)

    def centres(self) -> Centres:
        """All centres."""
        return self.line.get("/v1/centres", Centres)

    def centre(self, name: str) -> CentreTold:
        """One centre."""
        return self.line.get(f"/v1/centres/{part(name)}", CentreTold)

    def enrol(self, enrolment: Enrolment, key: str | None = None) -> Done:
        """A centre joins, or its rows are replaced."""
        path = f"/v1/centres/{part(enrolment.centre.centre)}"
        return self.line.ask("PUT", path, enrolment, Done, key)

    def withdraw(self, centre: str) -> Done:
        """No new work for a centre."""
        return self.line.ask("DELETE", f"/v1/centres/{part(centre)}", None, Done)

    def report_conformance(self, centre: str, run: ConformanceRun) -> CentreTold:
        """Records a conformance run."""
        return self.line.ask("POST", f"/v1/centres/{part(centre)}/conformance", run, CentreTold)

    def pools(self, device: str = "", centre: str = "") -> Pools:
        """Pools with what is free."""
        return self.line.get("/v1/pools", Pools, {"device": device or None, "centre": centre or None})

    def devices(self) -> Devices:
        """Device classes."""
        return self.line.get("/v1/devices", Devices)

    def publish_signals(self, signals: SignalsAsked) -> Done:
        """Tariff and carbon of grid zones."""
        return self.line.ask("POST", "/v1/signals", signals, Done)

    def signals(self, zone: str = "", slots: int = 168) -> SignalsTold:
        """What is published."""
        return self.line.get("/v1/signals", SignalsTold, {"zone": zone or None, "slots": slots})

    def declare_outage(self, outage: Outage, key: str | None = None) -> Done:
        """Fewer devices for a time."""
        return self.line.ask("POST", "/v1/outages", outage, Done, key)

    def prices(self, of: str = "", slots: int = 24) -> Prices:
        """Prices by pool and slot."""
        return self.line.get("/v1/prices", Prices, {"of": of or None, "slots": slots})

    # -- money

    def wallets(self) -> Wallets:
        """Wallets that the caller sees."""
        return self.line.get("/v1/wallets", Wallets)

    def wallet(self, enterprise: str) -> WalletTold:
        """One wallet."""
        return self.line.get(f"/v1/wallets/{part(enterprise)}", WalletTold)

    def book(self, command: msgspec.Struct) -> Booked:
        """A command of the ledger; its own id is its key."""
        return self.line.ask("POST", "/v1/ledger/commands", command, Booked)

    def entries(self, account: str = "", after: int = 0, limit: int = 100) -> EntryPage:
        """Entries of the ledger."""
        asked = {"account": account or None, "after": after, "limit": limit}
        return self.line.get("/v1/ledger/entries", EntryPage, asked)

    def statement(self, kind: StatementKind, name: str, from_at: int, to_at: int) -> StatementTold:
        """A statement for [from_at, to_at)."""
        path = f"/v1/statements/{kind}/{part(name)}"
        return self.line.get(path, StatementTold, {"from_at": from_at, "to_at": to_at})

    def settle(self, asked: SettlementAsked) -> Booked:
        """Settles a centre for a period that is over."""
        return self.line.ask("POST", "/v1/settlements", asked, Booked)

    def settlements(self, centre: str = "") -> Settlements:
        """Settlements that the caller sees."""
        return self.line.get("/v1/settlements", Settlements, {"centre": centre or None})

    def redeem(self, request: msgspec.Struct) -> Done:
        """A request on a voucher route; its own id is its key."""
        return self.line.ask("POST", "/v1/vouchers", request, Done)

    def grants(self) -> Grants:
        """Grants and applications."""
        return self.line.get("/v1/grants", Grants)

    def claims(self) -> Claims:
        """Claims after payment."""
        return self.line.get("/v1/claims", Claims)

    def set_quota(self, quota: QuotaAsked) -> QuotaTold:
        """A quota, new or replaced."""
        return self.line.ask("POST", "/v1/quotas", quota, QuotaTold)

    def quotas(self) -> Quotas:
        """Quotas that the caller sees."""
        return self.line.get("/v1/quotas", Quotas)

    def statistics(self, by: str = "centre") -> Statistics:
        """What was used."""
        return self.line.get("/v1/statistics", Statistics, {"by": by})

    # -- tokens and proofs

    def me(self) -> Me:
        """Who asks."""
        return self.line.get("/v1/me", Me)

    def make_token(
        self, role: Role, holder: str = "", about: str = "", expires_at: int | None = None
    ) -> TokenMade:
        """A new token; its text is told once. A lost answer leaves one that nobody knows; it is listed."""
        return self.line.ask("POST", "/v1/tokens", TokenAsked(role, holder, about, expires_at), TokenMade)

    def tokens(self) -> Tokens:
        """Tokens without their secrets."""
        return self.line.get("/v1/tokens", Tokens)

    def revoke_token(self, token: str) -> TokenTold:
        """No more of a token."""
        return self.line.ask("DELETE", f"/v1/tokens/{part(token)}", None, TokenTold)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint of the log."""
        return self.line.send("GET", "/v1/audit/checkpoint").content

    def audit_key(self) -> str:
        """The key that verifies it."""
        return self.line.send("GET", "/v1/audit/key").text.strip()

    def inclusion(self, index: int) -> bytes:
        """The proof that an event is in the newest checkpoint."""
        return self.line.send("GET", f"/v1/audit/inclusion/{index}").content

    def consistency(self, size: int) -> bytes:
        """The proof that the log continues what it was at `size` events."""
        return self.line.send("GET", f"/v1/audit/consistency/{size}").content
