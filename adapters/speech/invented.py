"""Text that a speech model made up: on silence it repeats itself or recites film subtitles."""

import re
import zlib
from typing import Final

# What Whisper recites from its training material when nobody speaks.
RECITED: Final = re.compile(
    r"字幕由|amara\.org|请不吝点赞|請不吝點贊|点赞.{0,4}订阅|點贊.{0,4}訂閱|明镜与点点|明鏡與點點|优优独播剧场|"
    r"字幕志愿者|字幕製作|字幕制作|thanks? (?:you )?for watching|please subscribe|subtitles by",
    re.IGNORECASE,
)
REPEATED: Final = re.compile(r"(.{1,40}?)\1{3,}", re.DOTALL)
QUIET: Final = 0.6
UNSURE: Final = -1.0
TOO_EVEN: Final = 2.4
"""Whisper's own bounds (openai/whisper, transcribe.py): silence, log probability, compression."""


def repeats(text: str) -> bool:
    """Whether most of the text is one phrase over and over.

    >>> repeats("谢谢谢谢谢谢谢谢谢谢谢谢"), repeats("好的好的，我明天给您回电话")
    (True, False)
    """
    bare = re.sub(r"[\s，。,.!！?？、]", "", text)
    longest = max((len(found[0]) for found in REPEATED.finditer(bare)), default=0)
    if longest >= 12 and longest * 2 > len(bare):
        return True
    data = text.encode("utf-8", "replace")
    return len(data) > 120 and len(data) / len(zlib.compress(data)) > TOO_EVEN


def invented(text: str, no_speech: float, logprob: float) -> bool:
    """Whether a segment is better left out; `no_speech` is 0..1, `logprob` the mean per token."""
    if not re.search(r"\w", text):
        return True
    silent = no_speech > QUIET and logprob < UNSURE
    return silent or repeats(text) or bool(no_speech > QUIET / 2 and RECITED.search(text))
