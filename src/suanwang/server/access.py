"""Who may do what: one table of route and role. What is not in it nobody may.

`O` operator, `A` auditor; of an enterprise `W` owner, `M` member, `R` reader; `G` a centre's agent; `*`
anybody, without a token. An enterprise's roles see and touch only what is its own, an agent only what is its
centre's: that is for each route to hold, and `tests/unit/server/test_roles.py` asks it of all of them.
"""

from suanwang.engine.tokens import Role

LETTERS: dict[str, Role] = {
    "O": "operator",
    "A": "auditor",
    "W": "owner",
    "M": "member",
    "R": "reader",
    "G": "agent",
}
ANYBODY = "*"

TABLE = """
GET    /healthz                                  *
GET    /readyz                                   *
GET    /metrics                                  OA
GET    /openapi.json                             *
GET    /v1/me                                    OAWMRG

GET    /v1/network                               OAWMRG
POST   /v1/network                               O
GET    /v1/centres                               OAWMRG
PUT    /v1/centres/{centre}                      O
GET    /v1/centres/{centre}                      OAWMRG
DELETE /v1/centres/{centre}                      O
POST   /v1/centres/{centre}/conformance          OG
POST   /v1/centres/{centre}/join                 G
POST   /v1/centres/{centre}/exchange             G
GET    /v1/pools                                 OAWMRG
GET    /v1/devices                               OAWMRG
POST   /v1/signals                               O
GET    /v1/signals                               OAWMRG
POST   /v1/outages                               O
GET    /v1/prices                                OAWMRG

POST   /v1/quotes                                OWMR
POST   /v1/jobs                                  OWM
GET    /v1/jobs                                  OAWMR
GET    /v1/jobs/{job}                            OAWMR
GET    /v1/jobs/{job}/explanation                OAWMR
GET    /v1/jobs/{job}/log                        OAWMR
GET    /v1/jobs/{job}/outputs                    OAWMR
POST   /v1/jobs/{job}/cancel                     OWM
POST   /v1/jobs/{job}/extend                     OWM
POST   /v1/jobs/{job}/pause                      OWM
POST   /v1/jobs/{job}/resume                     OWM
POST   /v1/attempts/{attempt}/log                G
PUT    /v1/contents                              OWMG
GET    /v1/contents/{content}                    OWMRG
DELETE /v1/contents/{content}                    OWM
GET    /v1/events                                OAWMR

GET    /v1/wallets                               OAWMR
GET    /v1/wallets/{enterprise}                  OAWMR
POST   /v1/ledger/commands                       O
GET    /v1/ledger/entries                        OA
GET    /v1/statements/{kind}/{name}              OAWMRG
POST   /v1/settlements                           O
GET    /v1/settlements                           OAG
POST   /v1/vouchers                              OWM
GET    /v1/grants                                OAWMR
GET    /v1/claims                                OAWMR
GET    /v1/statistics                            OAWMRG
POST   /v1/quotas                                O
GET    /v1/quotas                                OAWMR

POST   /v1/tokens                                OW
GET    /v1/tokens                                OAW
DELETE /v1/tokens/{token}                        OW
GET    /v1/audit/checkpoint                      OAWMRG
GET    /v1/audit/key                             OAWMRG
GET    /v1/audit/inclusion/{index}               OAWMRG
GET    /v1/audit/consistency/{size}              OAWMRG
"""


def roles_of(letters: str) -> frozenset[Role] | None:
    """The roles of a line; None for anybody."""
    return None if letters == ANYBODY else frozenset(LETTERS[letter] for letter in letters)


ROUTES: dict[tuple[str, str], frozenset[Role] | None] = {
    (words[0], words[1]): roles_of(words[2]) for words in map(str.split, TABLE.split("\n")) if words
}
"""(method, path) → who may; None: anybody."""
