"""Proofs: the newest signed checkpoint, its key, that an event is in it, that it continues an older one."""

from typing import Annotated

from litestar import get
from litestar.params import PathParameter

from suanwang.server.door import Asked
from suanwang.server.publishing import prove_consistency, prove_inclusion, publish

TEXT = "text/plain; charset=utf-8"
Number = Annotated[int, PathParameter(ge=0, le=10**15)]


@get("/v1/audit/checkpoint", media_type=TEXT)
async def show_checkpoint(request: Asked) -> bytes:
    """The newest checkpoint as a signed note (C2SP tlog-checkpoint), made now."""
    return (await request.host.side.run(publish, request.host.settings.data)).note


@get("/v1/audit/key", media_type=TEXT)
async def show_key(request: Asked) -> bytes:
    """The key that verifies it; trust in it comes from elsewhere."""
    return f"{(await request.host.side.run(publish, request.host.settings.data)).verifier}\n".encode()


@get("/v1/audit/inclusion/{index:int}", media_type=TEXT)
async def show_inclusion(request: Asked, index: Number) -> bytes:
    """The proof that an event is in the newest checkpoint (C2SP tlog-proof), without the event's bytes."""
    return await request.host.side.run(prove_inclusion, request.host.settings.data, index)


@get("/v1/audit/consistency/{size:int}", media_type=TEXT)
async def show_consistency(request: Asked, size: Number) -> bytes:
    """The proof that the log continues what it was at `size` events."""
    return await request.host.side.run(prove_consistency, request.host.settings.data, size)


ROUTES = (show_checkpoint, show_key, show_inclusion, show_consistency)
