"""A text that a user sees, in English and in Chinese, written side by side where it is used."""

from typing import Literal

import msgspec

Language = Literal["en", "zh"]


class Text(msgspec.Struct, frozen=True):
    """One message in both languages. Values are already formatted into it."""

    en: str
    zh: str

    def say(self, language: Language) -> str:
        """The text in `language`."""
        return self.zh if language == "zh" else self.en


def same(words: str) -> Text:
    """A text that reads the same in both languages: a name, a number, a format."""
    return Text(words, words)
