"""How the processes of one machine wake each other: a FIFO, in which each ring is one short message."""

import os
import select
import struct
from contextlib import suppress

RING = struct.Struct("<2q")
"""Two numbers: fewer bytes than the system ever tears apart or mixes with those of others."""


class Doorbell:
    """One end of a FIFO that any number of processes ring and one answers."""

    def __init__(self, path: str) -> None:
        """Opens the FIFO at `path`, made where nobody has made it."""
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # both ends, so that opening waits for nobody, and the FIFO has no end while it is open
        self.file = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def ring(self, first: int, second: int) -> None:
        """Sends two numbers to who answers."""
        os.write(self.file, RING.pack(first, second))

    def wait(self) -> tuple[int, int]:
        """The next ring, however long it takes."""
        first, second = RING.unpack(os.read(self.file, RING.size))
        return first, second

    def wait_for(self, seconds: float) -> tuple[int, int] | None:
        """The next ring, None where there is none for so long."""
        return self.wait() if select.select([self.file], [], [], seconds)[0] else None

    def close(self) -> None:
        """Lets go of this end."""
        os.close(self.file)
