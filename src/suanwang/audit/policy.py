"""Whom a verifier trusts: the log's keys, the witnesses, and how many of them must have cosigned.

The file form is C2SP tlog-policy: lines `log VKEY [URL]`, `witness NAME VKEY [URL]`,
`group NAME all|any|K MEMBER…`, and exactly one `quorum NAME|none`.
"""

from collections.abc import Collection, Sequence

import msgspec

from suanwang.audit.keys import VerifierKey, parse_verifier_key
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

NO_QUORUM = "none"


class Group(msgspec.Struct, frozen=True):
    """A group has witnessed a checkpoint where at least `threshold` of its `members` have."""

    threshold: int
    members: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True):
    """Keys of logs, witnesses by name, groups by name, and the witness or group that is the quorum."""

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey] = {}
    groups: dict[str, Group] = {}
    quorum: str = NO_QUORUM

    def witnessed(self, name: str, cosigned: Collection[str]) -> bool:
        """Whether the witness or group `name` has witnessed, given the witnesses that cosigned."""
        if name == NO_QUORUM or name in cosigned:
            return True
        group = self.groups.get(name)
        if group is None:
            return False
        return sum(self.witnessed(member, cosigned) for member in group.members) >= group.threshold

    def missing(self, cosigned: Collection[str]) -> list[str]:
        """The witnesses that did not cosign, each by name and key name."""
        return [f"{name} ({key.name})" for name, key in self.witnesses.items() if name not in cosigned]

    def rule(self) -> str:
        """The quorum as one line, for people."""
        group = self.groups.get(self.quorum)
        if group is None:
            return self.quorum
        return f"{group.threshold} of {len(group.members)}: {', '.join(group.members)}"


def flat_policy(logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey], threshold: int) -> Policy:
    """The policy that any `threshold` of `witnesses` must have cosigned; 0 asks for none."""
    names = {f"w{number}": key for number, key in enumerate(witnesses, 1)}
    if not threshold:
        return Policy(tuple(logs), names)
    return Policy(tuple(logs), names, {"quorum": Group(threshold, tuple(names))}, "quorum")


def policy_faults(policy: Policy, where: str) -> list[Fault]:
    """What contradicts itself in a policy: keys in the wrong role or named twice, a quorum out of reach."""
    wrong = [
        ("a witness's key stands for a log", "见证者密钥用作日志密钥", key)
        for key in policy.logs
        if key.type.timed
    ]
    wrong += [
        ("a log's key stands for a witness", "日志密钥用作见证者密钥", key)
        for key in policy.witnesses.values()
        if not key.type.timed
    ]
    for keys in (list(policy.logs), list(policy.witnesses.values())):
        publics = [key.public for key in keys]
        twice = [key for at, key in enumerate(keys) if key.public in publics[:at]]
        wrong += [("one public key is listed twice", "同一公钥重复列出", key) for key in twice]
    faults = [_fault(where, en, zh, key.text) for en, zh, key in wrong]
    for name, group in policy.groups.items():
        if not 1 <= group.threshold <= len(group.members):
            found = f"{group.threshold} of {len(group.members)}"
            faults.append(_fault(f"{where}: {name}", "a threshold is out of reach", "门槛无法达到", found))
    return faults


def parse_policy(data: bytes, where: str) -> Policy:
    """The policy in a file's bytes. Raises InvalidInput with every fault, each with its line."""
    reader = _PolicyLines(where)
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        found = f"byte {error.start}"
        raise InvalidInput([_fault(where, "the policy is not UTF-8", "策略文件不是 UTF-8", found)]) from None
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            reader.take(f"{where}:{number}", words)
    if reader.quorum is None:
        reader.faults.append(_fault(where, "the policy has no quorum line", "缺少 quorum 行", ""))
    policy = Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum or NO_QUORUM)
    faults = [*reader.faults, *policy_faults(policy, where)]
    if faults:
        raise InvalidInput(faults)
    return policy


class _PolicyLines:
    """Takes the lines of a policy one by one and remembers what is wrong with them."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.members: set[str] = set()
        self.faults: list[Fault] = []

    def take(self, where: str, words: list[str]) -> None:
        """One line that is neither empty nor a comment."""
        match words:
            case ["log", key] | ["log", key, _]:
                self.logs += self._key(where, key)
            case ["witness", name, key] | ["witness", name, key, _]:
                if self._is_new(where, name):
                    self.witnesses.update((name, key) for key in self._key(where, key))
            case ["group", name, threshold, *members] if members:
                self._group(where, name, threshold, members)
            case ["quorum", name]:
                if self.quorum is not None:
                    self.faults.append(_fault(where, "a second quorum line", "重复的 quorum 行", name))
                if name != NO_QUORUM:
                    self._is_known(where, name)
                self.quorum = name
            case _:
                self.faults.append(_fault(where, "a line cannot be read", "无法读取的行", " ".join(words)))

    def _group(self, where: str, name: str, threshold: str, members: list[str]) -> None:
        counts = {"all": str(len(members)), "any": "1"}
        count = counts.get(threshold, threshold)
        if not (count.isascii() and count.isdigit() and len(count) < 9):
            self.faults.append(_fault(where, "a threshold is no number", "门槛不是数字", threshold))
            count = "1"
        for member in members:
            if self._is_known(where, member) and member in self.members:
                self.faults.append(_fault(where, "a member counts in two groups", "成员重复计入", member))
            self.members.add(member)
        if self._is_new(where, name):
            self.groups[name] = Group(int(count), tuple(members))

    def _key(self, where: str, text: str) -> list[VerifierKey]:
        try:
            return [parse_verifier_key(text, where)]
        except InvalidInput as error:
            self.faults += error.faults
            return []

    def _is_new(self, where: str, name: str) -> bool:
        if name != NO_QUORUM and name not in self.witnesses and name not in self.groups:
            return True
        self.faults.append(_fault(where, "a name is taken", "名称已被占用", name))
        return False

    def _is_known(self, where: str, name: str) -> bool:
        if name in self.witnesses or name in self.groups:
            return True
        self.faults.append(_fault(where, "a name is not defined above", "名称未在上文定义", name))
        return False


def _fault(where: str, en: str, zh: str, found: str) -> Fault:
    return Fault(
        where,
        Text(en, zh),
        found,
        same("log VKEY | witness NAME VKEY | group NAME all|any|K MEMBER… | quorum NAME|none"),
        Text("correct the policy", "请更正策略"),
        "policy-malformed",
    )
