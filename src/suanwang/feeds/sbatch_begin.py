"""`sbatch --begin` in all the forms that sbatch(1) tells (Slurm 22.05), read in the platform's local time."""

import re
from datetime import datetime, timedelta

from suanwang.units.instants import CHINA, EPOCH

NOW = re.compile(
    r"now(?:\s*([+-])\s*(\d{1,9})\s*(?:(second|minute|hour|day|week)s?)?)?", re.ASCII | re.IGNORECASE
)
EPOCH_SECONDS = re.compile(r"uts(\d{1,11})", re.ASCII)
DAY = r"""(?: (?P<day_word>today|tomorrow)
            | (?P<iso>\d{4}-\d\d-\d\d)
            | (?P<slashed>\d{1,2}[/.]\d{1,2}(?:[/.]\d\d)?)
            | (?P<packed>\d{4}(?:\d\d)?) )"""
CLOCK = r"""(?: (?P<hour_word>midnight|noon|elevenses|fika|teatime)
              | (?P<clock>\d{1,2}:\d\d(?::\d\d)?)\s*(?P<half>am|pm)? )"""
FORMS = [
    re.compile(form, re.ASCII | re.IGNORECASE | re.VERBOSE)
    for form in (rf"{DAY}(?:[\sT-]+{CLOCK})?", rf"{CLOCK}(?:\s+{DAY})?")
]
HOURS = {"midnight": 0, "noon": 12, "elevenses": 11, "fika": 15, "teatime": 16}


def begin_at(words: str, now: int) -> int:
    """The instant that `words` name, `now` being the time (both UTC microseconds); never below 0.

    A time of day that is past is tomorrow's, a date without a year that is past is next year's. Raises
    ValueError where sbatch knows no such time.
    """
    local = (EPOCH + timedelta(microseconds=now)).astimezone(CHINA)
    try:
        found = after_now(words.strip(), local) or on_the_day(words.strip(), local)
    except OverflowError:
        raise ValueError(f"{words!r} is later than any time") from None
    if found is None or found.year > local.year + 1000:
        raise ValueError(f"{words!r} is no time of sbatch")
    return max(0, (found - EPOCH) // timedelta(microseconds=1))


def after_now(words: str, local: datetime) -> datetime | None:
    """`now`, `now+60`, `now+1hour`; `uts` and the seconds since 1970."""
    if seconds := EPOCH_SECONDS.fullmatch(words):
        return (EPOCH + timedelta(seconds=int(seconds[1]))).astimezone(CHINA)
    match = NOW.fullmatch(words)
    if match is None:
        return None
    sign, count, unit = match.groups()
    later = timedelta(**{f"{(unit or 'second').lower()}s": int(count or 0)})
    return local - later if sign == "-" else local + later


def on_the_day(words: str, local: datetime) -> datetime | None:
    """A date, a time of day, or both; a date alone begins at midnight."""
    match = next((found for form in FORMS if (found := form.fullmatch(words))), None)
    if match is None:
        return None
    told = match.groupdict()
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    time_of_day = since_midnight(told)
    if told["day_word"]:
        return midnight + timedelta(days=told["day_word"].lower() == "tomorrow") + time_of_day
    if told["iso"]:
        return datetime.fromisoformat(told["iso"]).replace(tzinfo=CHINA) + time_of_day
    if told["slashed"] or told["packed"]:
        parts = [int(part) for part in re.findall(r"\d\d?", told["packed"] or "")] or [
            int(part) for part in re.split("[/.]", told["slashed"])
        ]
        year = 2000 + parts[2] if len(parts) == 3 else local.year
        found = datetime(year, parts[0], parts[1], tzinfo=CHINA) + time_of_day
        is_past = len(parts) == 2 and found < local
        return datetime(year + 1, parts[0], parts[1], tzinfo=CHINA) + time_of_day if is_past else found
    found = midnight + time_of_day
    return found + timedelta(days=1) if found < local else found


def since_midnight(told: dict[str, str | None]) -> timedelta:
    """`16:00`, `4:30 PM` or `teatime`; nothing is midnight. Raises ValueError for 24:00 or 13:00 PM."""
    if told["hour_word"]:
        return timedelta(hours=HOURS[told["hour_word"].lower()])
    if not told["clock"]:
        return timedelta()
    hour, minute, second = (*(int(part) for part in told["clock"].split(":")), 0)[:3]
    if told["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{told['clock']} is no time before or after noon")
        hour = hour % 12 + (12 if told["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{told['clock']} is no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=second)
