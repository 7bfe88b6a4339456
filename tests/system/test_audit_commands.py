"""`suanwang audit` from a log to a verdict, and an independent reader of the same files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tlog_scales import signing, tiles
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.writer import TilesWriter

from suanwang.cli.main import main
from suanwang.model.log import Entry
from suanwang.store.log_file import FileLogWriter

ORIGIN = "suanwang.example/log"
Run = Callable[..., tuple[int, str]]


def event(number: int) -> bytes:
    return b'{"v":1,"n":%d,"kind":"granted"}' % number


def grow(folder: Path, stop: int) -> None:
    log = FileLogWriter(folder)
    names = [f"input {number}" for number in range(log.size, stop)]
    log.append([
        Entry(name, hashlib.sha256(name.encode()).digest(), (event(number),))
        for number, name in enumerate(names, log.size)
    ])  # fmt: skip
    log.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder with a log of 700 events and a key."""
    monkeypatch.chdir(tmp_path)
    grow(Path("log"), 700)

    def run(*words: object) -> tuple[int, str]:
        try:
            code = main([*map(str, words), "--lang", "en"])
        except SystemExit as stop:
            code = int(str(stop.code))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    assert run("audit", "keys", "new", ORIGIN, "--out", "log.key")[0] == 0
    Path("log.vkey").write_text(run("audit", "keys", "show", "log.key")[1])
    assert run("audit", "checkpoint", "log", "--key", "log.key", "--every", "250")[0] == 0
    return run


def test_from_log_to_verdict(run: Run):
    assert run("audit", "export", "log", "--out", "export")[0] == 0
    code, said = run("audit", "verify", "export", "--key", "log.vkey")
    assert code == 0, said
    assert said.startswith(f"holds: {ORIGIN}, 700 events") and "3 checkpoints" in said
    document = json.loads(run("audit", "verify", "export", "--key", "log.vkey", "--json")[1])
    assert document["holds"] and document["size"] == 700 and document["faults"] == []
    assert document["signed_by"] == [Path("log.vkey").read_text().strip()]
    code, said = run("audit", "verify", "export")
    assert code == 0 and "anyone may have made it" in said


def test_a_tampered_copy_is_caught(run: Run):
    run("audit", "export", "log", "--out", "export")
    bundle = Path("export/tile/entries/001")
    bundle.write_bytes(bundle.read_bytes().replace(event(300), event(300).replace(b"granted", b"refused")))
    code, said = run("audit", "verify", "export", "--key", "log.vkey")
    assert code == 1
    assert "event 300 was changed" in said and "does NOT hold: 1 faults" in said
    code, said = run("audit", "verify", "export", "--key", "log.vkey", "--json")
    document = json.loads(said)
    assert code == 1 and [fault["kind"] for fault in document["faults"]] == ["event-changed"]


def test_a_log_that_differs_from_what_was_published_is_caught(run: Run):
    assert run("audit", "verify", "log", "--key", "log.vkey")[0] == 0
    (Path("log") / "events.log").unlink()
    log = FileLogWriter(Path("log"))
    log.append([Entry("x", bytes(32), tuple(event(number + (number == 9)) for number in range(700)))])
    log.close()
    code, said = run("audit", "verify", "log", "--key", "log.vkey")
    assert code == 1 and "event 9 of the log is not the one that was published" in said


def test_proofs_stand_alone(run: Run):
    code, _ = run("audit", "prove", 612, "--log", "log", "--out", "612.tlog-proof")
    assert code == 0
    assert run("audit", "verify", "--proof", "612.tlog-proof", "--key", "log.vkey")[0] == 0
    proof = Path("612.tlog-proof").read_text()
    lines = proof.split("\n")
    lines[1] = lines[1][:-6] + ("A" if lines[1][-6] != "A" else "B") + lines[1][-5:]
    Path("612.tlog-proof").write_text("\n".join(lines))
    code, said = run("audit", "verify", "--proof", "612.tlog-proof", "--key", "log.vkey")
    assert code == 1 and "event 612 is not in the signed tree" in said
    Path("612.tlog-proof").write_text(proof.replace("index 612", "index x").replace("\n\n", "\n", 1))
    code, said = run("audit", "verify", "--proof", "612.tlog-proof", "--key", "log.vkey")
    assert code == 2 and "no line `index N`" in said and "a line is no hash" in said
    assert run("audit", "prove", 700, "--log", "log")[0] == 2
    _, bare = run("audit", "prove", 5, "--log", "log", "--without-event")
    Path("5.tlog-proof").write_text(bare)
    Path("5.json").write_bytes(event(5))
    assert run("audit", "verify", "--proof", "5.tlog-proof", "--key", "log.vkey")[0] == 2
    words = ("audit", "verify", "--proof", "5.tlog-proof", "--key", "log.vkey", "--event", "5.json")
    assert run(*words)[0] == 0


def test_a_log_continues_the_one_that_the_auditor_held(run: Run):
    held = Path("held.checkpoint")
    held.write_bytes(Path("log/published/checkpoint").read_bytes())
    grow(Path("log"), 1_500)
    run("audit", "checkpoint", "log", "--key", "log.key")
    assert run("audit", "prove", "--from-size", 700, "--log", "log", "--out", "since.proof")[0] == 0
    words = ("audit", "verify", "--proof", "since.proof", "--key", "log.vkey", "--held", held)
    assert run(*words)[0] == 0
    assert run("audit", "verify", "log", "--key", "log.vkey", "--held", held)[0] == 0
    newer = Path("newer.checkpoint")
    newer.write_bytes(Path("log/published/checkpoint").read_bytes())
    Path("log/published/checkpoint").write_bytes(held.read_bytes())
    code, said = run("audit", "verify", "log", "--key", "log.vkey", "--held", newer)
    assert code == 1 and "rolled back" in said


def test_rotation_witnesses_and_anchor(run: Run):
    for number in (1, 2, 3):
        run("audit", "keys", "new", f"w{number}.example", "--for", "witness", "--out", f"w{number}.key")
    _, vkeys = run("audit", "keys", "show", "w1.key", "w2.key", "w3.key")
    Path("witnesses").write_text(vkeys)
    run("audit", "keys", "new", ORIGIN, "--out", "log-2.key")
    assert run("audit", "keys", "rotate", "log", "--old", "log.key", "--new", "log-2.key")[0] == 0
    grow(Path("log"), 1_100)
    code, said = run("audit", "checkpoint", "log", "--key", "log.key")
    assert code == 2 and "not the log's key in force" in said
    assert run("audit", "checkpoint", "log", "--key", "log-2.key", "--anchor", "anchors")[0] == 0
    keys = Path("log/published/keys/log.vkey")
    for number in (1, 3):
        words = ("--cosign", f"w{number}.key", "--log-key", keys, "--state", f"w{number}.state")
        assert run("audit", "checkpoint", "log", *words)[0] == 0
    trust = ("--key", "log.vkey", "--witness", "witnesses", "--anchor", "anchors")
    code, said = run("audit", "verify", "log", *trust, "--quorum", 2)
    assert code == 0 and "cosigned by w1.example, w3.example" in said, said
    code, said = run("audit", "verify", "log", *trust)
    assert code == 1 and "missing: w2 (w2.example)" in said
    code, said = run("audit", "verify", "log", *trust, "--quorum", 2, "--cosigned-after", "2999-01-01")
    assert code == 1 and "may be a replay" in said
    Path("anchors").write_text(Path("anchors").read_text().replace(" 1100 ", " 1200 "))
    code, said = run("audit", "verify", "log", *trust, "--quorum", 2)
    assert code == 1 and "anchors:1" in said and "rolled back" in said
    vkeys = vkeys.split()
    Path("policy").write_text(
        f"log {keys.read_text().split()[1]}\nwitness one {vkeys[0]}\nwitness two {vkeys[1]}\n"
        "group either any one two\nquorum either\n"
    )
    assert run("audit", "verify", "log", "--policy", "policy")[0] == 0


def test_a_witness_refuses_a_fork(run: Run):
    run("audit", "keys", "new", "w.example", "--for", "witness-ml-dsa-44", "--out", "w.key")
    words = ("--cosign", "w.key", "--log-key", "log.vkey", "--state", "w.state")
    assert run("audit", "checkpoint", "log", *words)[0] == 0
    grow(Path("fork"), 699)
    log = FileLogWriter(Path("fork"))
    log.append([Entry("other", bytes(32), (b"other", b"more"))])
    log.close()
    assert run("audit", "checkpoint", "fork", "--key", "log.key")[0] == 0
    code, said = run("audit", "checkpoint", "fork", *words)
    assert code == 1 and "the log was forked" in said


def test_bad_flags_and_files_are_told_all_at_once(run: Run):
    Path("bad").write_text("not a key\nname+00000000+AQ==\n")
    code, said = run("audit", "verify", "log", "--key", "bad", "--witness", "missing", "--quorum", 3)
    assert code == 2
    for place in ("bad:1", "bad:2", "missing", "--quorum"):
        assert place in said, said
    assert run("audit", "verify", "nowhere")[0] == 2
    assert run("audit", "verify")[0] == 2
    assert run("audit", "keys", "new", "two words", "--out", "log.key")[0] == 2
    assert run("audit", "checkpoint", "log", "--key", "log.vkey")[0] == 2
    assert run("audit", "prove", 1, "--log", "log", "--from-size", 3)[0] == 2


def test_an_independent_implementation_reads_the_export(run: Run):
    run("audit", "keys", "new", "w.example", "--for", "witness-ml-dsa-44", "--out", "w.key")
    words = ("--cosign", "w.key", "--log-key", "log.vkey", "--state", "w.state")
    run("audit", "checkpoint", "log", *words)
    run("audit", "export", "log", "--out", "export")
    reader = TilesReader(LocalBackend(Path("export")))
    checkpoint = reader.get_checkpoint()
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 700)
    checkpoint.verify(signing.Vkey.from_string(Path("log.vkey").read_text().strip()))
    checkpoint.verify(signing.Vkey.from_string(run("audit", "keys", "show", "w.key")[1].strip()))
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for index in (0, 255, 256, 511, 512, 699):
        assert reader.get_entry(index) == event(index)
        proof = reader.get_inclusion_proof(index, 700)
        proof.check(tiles.leaf_hash(event(index)), checkpoint.root_hash)
        _, ours = run("audit", "prove", index, "--log", "export")
        theirs = [signing.b64enc(digest) for digest in proof.node_hashes]
        assert ours.split("\n\n")[0].split("\n")[3:] == theirs


def test_an_export_of_the_independent_implementation_verifies_here(run: Run):
    seed = bytes(range(32))
    signer = signing.PlainEd25519Signer("other.example/log", seed)
    writer = TilesWriter.create(Path("theirs"), "other.example/log")
    for start, stop in ((0, 300), (300, 301), (301, 66_000)):
        for number in range(start, stop):
            writer.add_leaf(event(number))
        writer.commit([signer])
    code, said = run("audit", "verify", "theirs", "--key", signer.vkey.serialize())
    assert code == 0, said
    assert "66,000 events" in said
