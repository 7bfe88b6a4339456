"""What a job runs, laid beside the platform's log: its inputs as one archive, script, variables and secrets.

Secrets are read from this process's environment by name, and go nowhere but into the content.
"""

import gzip
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from suanwang.cli.connection import Connection
    from suanwang.cli.job_reading import Read
    from suanwang.model.job import JobSpec


def upload(connection: "Connection", read: "Read", enterprise: str) -> "JobSpec":
    """Lays the job's content beside the log; the spec that names it. Raises Refused."""
    import msgspec

    from suanwang.model.content import JobContent

    job, archive = read.job, ""
    if job.inputs:
        with tempfile.TemporaryFile() as file:
            pack(read.folder, job.inputs, file)
            file.seek(0)
            archive = connection.keep(file.read(), enterprise)
    content = JobContent(
        run=job.run,
        setup=job.setup,
        env=job.env,
        secrets={name: os.environ[name] for name in job.secrets},
        inputs_archive=archive,
        outputs=job.outputs,
        checkpoint_path=job.checkpoint_path,
        engine_options=job.engine_options,
        batch=job.batch,
    )
    return msgspec.structs.replace(
        job.spec, content=connection.keep(msgspec.json.encode(content), enterprise)
    )


def pack(folder: Path, names: tuple[str, ...], into: BinaryIO) -> None:
    """The files below the named paths as tar.gz; the same files give the same bytes."""
    with (
        gzip.GzipFile(fileobj=into, mode="wb", compresslevel=6, mtime=0, filename="") as stream,
        tarfile.open(fileobj=cast(BinaryIO, stream), mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path in sorted(set(files_of(folder, names))):
            member = tarfile.TarInfo(name)
            member.size = path.stat().st_size
            member.mode = 0o755 if os.access(path, os.X_OK) else 0o644
            with path.open("rb") as file:
                archive.addfile(member, file)


def files_of(folder: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """(name in the archive, where it lies) of every file; links count as what they name."""
    for name in names:
        path = folder / name
        if path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file():
                    yield str(PurePosixPath(name) / below.relative_to(path).as_posix()), below
        else:
            yield str(PurePosixPath(name)), path
