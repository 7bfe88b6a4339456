"""A Ray of one's own: no other Ray on the machine is in its way, and none is touched."""

from pathlib import Path

import pytest

from suanwang.drivers.private_ray import FOLDER, PrivateRay
from suanwang.drivers.ray_joining import load_ray
from suanwang.units.errors import Unsupported


def test_it_starts_where_no_ray_has_run_and_leaves_the_note_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        load_ray()
    except Unsupported as error:
        pytest.skip(str(error))
    note = tmp_path / "used" / "ray" / "ray_current_cluster"
    note.parent.mkdir(parents=True)
    note.write_text("192.0.2.9:6379")
    for folder in ("new", "used"):
        monkeypatch.setenv(FOLDER, str(tmp_path / folder))
        own = PrivateRay(1, 1, "device", 1)
        try:
            assert own.address
        finally:
            own.stop()
        assert not Path(own.folder).exists()
    assert note.read_text() == "192.0.2.9:6379"
    assert not (tmp_path / "new").exists()
