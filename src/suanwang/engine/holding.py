"""What enterprises and their projects hold, and may hold at most."""

import msgspec


class Quota(msgspec.Struct, gc=False):
    """Limits of an enterprise or one of its projects; None: no limit."""

    milli_most: int | None = None
    jobs_most: int | None = None
    weight: int = 1


class Holding(msgspec.Struct, gc=False):
    """What an enterprise or project has reserved or runs now, and what it has used so far."""

    milli: int = 0
    jobs: int = 0
    used_milli_s: int = 0


def holding_key(enterprise: str, project: str) -> str:
    """How holdings and quotas are keyed: an enterprise, or one project of it. No name holds a colon."""
    return f"{enterprise}:{project}" if project else enterprise
