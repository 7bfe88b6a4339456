"""What a server does before it answers for the first time: the first token, and the network it was given."""

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from suanwang.engine.inputs import AnyInput
from suanwang.server.lead import Lead
from suanwang.server.tokens import new_token
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

logger = logging.getLogger("suanwang.server")
OPERATOR_FILE = "operator.token"


class FirstStart:
    """`network`: the inputs that open the platform where it has no terms yet."""

    def __init__(self, data: Path, network: Callable[[], Iterable[AnyInput]] | None = None) -> None:
        self.data, self.network = data, network

    async def take(self, lead: Lead) -> None:
        """Done once for each lead; nothing where it was done before. Raises InvalidInput."""
        if not lead.platform.state.tokens:
            path = self.data / OPERATOR_FILE
            text, given = new_token("first-token", "operator", "", "made at the first start", None)
            # the file first: a token that counts and that nobody knows would help nobody
            write_closed(path, text + "\n")
            await lead.ask(given)
            logger.info(
                "the operator's first token is in a file that only its owner reads", extra={"file": str(path)}
            )
        if self.network is not None and lead.platform.state.terms is None:
            for given in self.network():
                await lead.ask(as_decoded(given))


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyInput] = msgspec.json.Decoder(AnyInput)


def as_decoded(given: AnyInput) -> AnyInput:
    """The input as it would be read from outside, with every bound checked. Raises InvalidInput."""
    try:
        return _decoder.decode(_encoder.encode(given))
    except msgspec.ValidationError as error:
        what = Text("the network holds a value that is out of bounds", "网络数据中有越界的值")
        raise InvalidInput([Fault(given.id, what, str(error))]) from None


def write_closed(path: Path, text: str) -> None:
    """A file of mode 600 from its first moment, durable on return; what was there is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
