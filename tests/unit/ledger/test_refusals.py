"""Every reason that the ledger can give has its words, and every text has a reason that uses it."""

import re
from pathlib import Path

from suanwang.ledger import refusals

SOURCE = Path(refusals.__file__).parent


def test_codes_and_texts_are_the_same() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.glob("*.py"))
    assert set(re.findall(r'Reason\(\s*"(\w+)"', code)) == set(refusals.TEXTS)
    for what, remedy in refusals.TEXTS.values():
        assert what.en and what.zh and remedy.en and remedy.zh
