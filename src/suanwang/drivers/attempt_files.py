"""What attempts wrote and left, read from their folders: the same for every driver of real folders."""

from typing import Protocol

from suanwang.drivers import attempt_folder
from suanwang.drivers.port import OutputFile, Stream


class Place(Protocol):
    """Where an attempt lies, and what of it is to be kept."""

    @property
    def folder(self) -> str:
        """Its folder, an absolute path."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """The paths below it that are its outputs; all files where there is none."""
        ...


class AttemptFiles:
    """The reading half of a driver that knows the place of each attempt."""

    def place(self, attempt: str) -> Place:
        """Where it lies. Raises InvalidInput where the driver does not have it."""
        raise NotImplementedError

    def read_log(self, attempt: str, stream: Stream, offset: int, limit: int) -> bytes:
        """A part of what the script wrote."""
        path = f"{attempt_folder.CONTROL}/{stream}"
        return attempt_folder.read_part(self.place(attempt).folder, path, offset, limit)

    def outputs(self, attempt: str) -> tuple[OutputFile, ...]:
        """The files it left."""
        place = self.place(attempt)
        return attempt_folder.output_files(place.folder, place.outputs)

    def read_output(self, attempt: str, path: str, offset: int, limit: int) -> bytes:
        """A part of one of them."""
        place = self.place(attempt)
        return attempt_folder.read_output(place.folder, place.outputs, path, offset, limit)
