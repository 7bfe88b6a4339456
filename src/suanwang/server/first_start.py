"""What a server does before it answers for the first time: the first token, and the network it was given."""

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from suanwang.engine.inputs import AnyInput, EnrolCentre
from suanwang.server.lead import Lead
from suanwang.server.tokens import new_token

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
                await (lead.enrol(given) if isinstance(given, EnrolCentre) else lead.ask(given))


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
