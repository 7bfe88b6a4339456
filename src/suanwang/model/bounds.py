"""What a value from outside may be at most: checked while it is decoded, and told in the API's own schema.

Generous everywhere: they keep sums within 64 bits and events within a log record, and refuse nonsense.
"""

from typing import Annotated

from msgspec import Meta

INSTANT_MOST = 253_402_300_799_000_000
"""The last instant of the year 9999."""
SLOT_MOST = 10**8
# no line break at the end, which `$` alone would allow
_NAME = r"^[\w.+-]{1,60}(?!\n)$"
_PRINTED = r"^[^\x00-\x1f\x7f]*(?!\n)$"

Name = Annotated[str, Meta(pattern=_NAME)]
"""A name that can stand in a path: letters, digits and _ . + - in any script."""
MaybeName = Annotated[str, Meta(pattern=r"^[\w.+-]{0,60}(?!\n)$")]
"""A name, or nothing."""
Label = Annotated[str, Meta(pattern=_PRINTED, max_length=200)]
"""Words of one line."""
JobName = Annotated[str, Meta(pattern=r"^j[0-9]{1,15}(?!\n)$")]
AttemptName = Annotated[str, Meta(pattern=r"^j[0-9]{1,15}\.[0-9]{1,9}(?!\n)$")]
Digest = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?(?!\n)$")]
"""SHA-256 in hex, or nothing."""
Decimal = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,17})?(?!\n)$")]
"""A decimal number as text, so that nothing is rounded on the way."""

Instant = Annotated[int, Meta(ge=0, le=INSTANT_MOST)]
Slot = Annotated[int, Meta(ge=0, le=SLOT_MOST)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Bytes = Annotated[int, Meta(ge=0, le=10**18)]
Micro = Annotated[int, Meta(ge=0, le=10**15)]
"""Micro-yuan, at most a thousand million yuan."""
NanoGb = Annotated[int, Meta(ge=0, le=4 * 10**15)]
"""Thousand-millionths of a GB, at most 4,000,000 GB."""
BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
