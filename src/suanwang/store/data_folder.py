"""The folder in which a platform keeps its data on this machine."""

import os
from pathlib import Path

SYSTEM_DATA = Path("/var/lib/suanwang")
VARIABLE = "SUANWANG_DATA"


def data_folder() -> Path:
    """`SUANWANG_DATA`; else `/var/lib/suanwang` for root and `~/.local/share/suanwang` for others."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return SYSTEM_DATA if os.geteuid() == 0 else Path.home() / ".local" / "share" / "suanwang"
