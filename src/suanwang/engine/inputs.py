"""What the platform can be asked or told. Every input has an id: the same id and body, the same result.

An input from outside names its body by SHA-256; inputs of the platform itself (`Tick`, `PlaceQueue`) follow
from the state and are never asked twice.
"""

from hashlib import sha256

import msgspec

from suanwang.engine.conformance import GradeCentre
from suanwang.engine.tokens import IssueToken, RevokeToken
from suanwang.engine.voucher_inputs import AnyVoucherInput
from suanwang.ledger.commands import AnyCommand
from suanwang.model.facts import AnyFact, FitShape
from suanwang.model.job import JobSpec
from suanwang.model.network import CentreRow, LinkRow, Outage, PairingRow, PoolRow, RegionRow, Signals, Terms
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class Input(msgspec.Struct, frozen=True, tag_field="input"):
    """The root."""

    id: str


class OpenNetwork(Input, frozen=True, tag="open_network"):
    """Opens the platform, once."""

    terms: Terms
    regions: tuple[RegionRow, ...] = ()
    links: tuple[LinkRow, ...] = ()
    pairings: tuple[PairingRow, ...] = ()


class PublishSignals(Input, frozen=True, tag="publish_signals"):
    """Tariff and carbon of grid zones."""

    signals: tuple[Signals, ...]


class EnrolCentre(Input, frozen=True, tag="enrol_centre"):
    """A centre with its pools; the same centre again replaces its rows."""

    centre: CentreRow
    pools: tuple[PoolRow, ...]


class WithdrawCentre(Input, frozen=True, tag="withdraw_centre"):
    """No new work for a centre."""

    centre: str


class DeclareOutage(Input, frozen=True, tag="declare_outage"):
    """Fewer devices for a time; reservations that no longer fit go back to the queue."""

    outage: Outage


class SetQuota(Input, frozen=True, tag="set_quota"):
    """See `events.QuotaSet`."""

    enterprise: str
    project: str = ""
    milli_most: int | None = None
    jobs_most: int | None = None
    weight: int = 1


class Book(Input, frozen=True, tag="book"):
    """A command of the ledger: wallets, grants, settlements. Holds and captures are the platform's own."""

    command: AnyCommand


class Redeem(Input, frozen=True, tag="redeem"):
    """A request on a voucher route. Its programme's rules come beside it."""

    request: AnyVoucherInput


class SubmitJobs(Input, frozen=True, tag="submit_jobs"):
    """Jobs of one enterprise, all admitted or refused in one step, each by itself."""

    enterprise: str
    jobs: tuple[JobSpec, ...]


class CancelJob(Input, frozen=True, tag="cancel_job"):
    """No more of this job."""

    job: str


class ExtendJob(Input, frozen=True, tag="extend_job"):
    """`more_s` more seconds for a running job: reservation and hold first, both or neither."""

    job: str
    more_s: int


class PauseJob(Input, frozen=True, tag="pause_job"):
    """Stop the clock of a running job; `resume` lets it go on."""

    job: str
    resume: bool = False


class JoinCentre(Input, frozen=True, tag="join_centre"):
    """An agent takes up work for a centre. `session` is greater than that of any agent before it."""

    centre: str
    session: int


class AgentReport(Input, frozen=True, tag="agent_report"):
    """Facts from an agent, in the order in which they happened; `fits` where that changed."""

    centre: str
    session: int
    facts: tuple[AnyFact, ...]
    fits: tuple[FitShape, ...] | None = None


class HearSilence(Input, frozen=True, tag="hear_silence"):
    """Nothing came from a centre since `since_at`."""

    centre: str
    since_at: int


class HearAgain(Input, frozen=True, tag="hear_again"):
    """A silent centre speaks again."""

    centre: str


class TakeLead(Input, frozen=True, tag="take_lead"):
    """A server took the lead of the log."""

    epoch: int


class SeeAhead(Input, frozen=True, tag="see_ahead"):
    """A centre's agent has seen an order of this number, which the log has not given yet."""

    centre: str
    seen_order: int


class PlanLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Clearing would start `job` by its `alternative` in `pool` at `slot` of the platform."""

    job: str
    alternative: int
    pool: str
    slot: int


class PoolPrices(msgspec.Struct, frozen=True, gc=False):
    """Scarcity prices of a pool from the clearing's first slot on, micro-yuan per device-slot."""

    pool: str
    price_micro: tuple[int, ...]


class TakePlan(Input, frozen=True, tag="take_plan"):
    """What clearing `serial` found, by a solver; lines in the order in which they shall be reserved."""

    serial: int
    jobs: int
    lines: tuple[PlanLine, ...]
    prices: tuple[PoolPrices, ...]
    cost_micro: int
    bound_micro: int


class PlaceQueue(Input, frozen=True, tag="place_queue"):
    """Look for places for the first jobs in line."""


class Tick(Input, frozen=True, tag="tick"):
    """Time has passed: whatever is due happens."""


AnyInput = (
    OpenNetwork
    | PublishSignals
    | EnrolCentre
    | WithdrawCentre
    | DeclareOutage
    | SetQuota
    | Book
    | Redeem
    | SubmitJobs
    | CancelJob
    | ExtendJob
    | PauseJob
    | JoinCentre
    | AgentReport
    | HearSilence
    | HearAgain
    | TakeLead
    | SeeAhead
    | TakePlan
    | PlaceQueue
    | Tick
    | IssueToken
    | RevokeToken
    | GradeCentre
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyInput).decode


OWN = (Tick, PlaceQueue, TakePlan)
"""Inputs of the platform itself, which hold nothing from outside."""


def digest_of(given: AnyInput) -> bytes:
    """SHA-256 of the input's JSON: the body that its id stands for.

    Raises InvalidInput for a value that no input of its kind may hold, as its type says, so that nothing gets
    into the log that could not be read from it, whoever made the input.
    """
    try:
        body = _encode(given)
        if not isinstance(given, OWN):
            _decode(body)
        return sha256(body).digest()
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError) as error:
        what = Text("not a valid value", "取值无效")
        remedy = Text("correct it and send it again", "更正后重新提交")
        tag = str(given.__struct_config__.tag)
        raise InvalidInput(
            [Fault(tag, what, expected=same(str(error)), remedy=remedy, kind="form")]
        ) from None
