"""What `suanwang login` saved, for its owner alone: the server spoken to, and a token for each server."""

import os
from pathlib import Path

import msgspec

from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text


class Login(msgspec.Struct, frozen=True):
    """`server`: the one spoken to where none is named; `tokens`: by address."""

    server: str = ""
    tokens: dict[str, str] = {}


def login_path() -> Path:
    """`$XDG_CONFIG_HOME/suanwang/login.json`, by default below `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "suanwang" / "login.json"


def read_login() -> Login:
    """What was saved; nothing where there is no file. Raises InvalidInput for one that is damaged."""
    path = login_path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Login)
    except FileNotFoundError:
        return Login()
    except (OSError, msgspec.MsgspecError) as error:
        what = Text("the saved login cannot be read", "已保存的登录信息无法读取")
        remedy = Text("suanwang login again", "请重新运行 suanwang login")
        raise InvalidInput([Fault(str(path), what, str(error), remedy=remedy)]) from None


def save_login(login: Login) -> Path:
    """Saves it in a file that only its owner reads; where that is."""
    path = login_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(login))
    beside.replace(path)
    return path
