"""Text that a speech model made up: on silence it repeats itself or recites film subtitles."""

import re
import zlib
from typing import Final

# What Whisper recites from its training material when nobody speaks. All are matched against a whole
# segment without its blanks and marks, so that a sentence with such words in it survives.
NOBODY_SAYS: Final = re.compile(
    r"(?:中文)?字幕.{0,12}amara\.?org.{0,8}|subtitlesby.{0,12}amara\.?org.{0,12}"
    r"|(?:中文)?字幕志[愿願]者.{0,6}|字幕[制製]作人?zitherharp"
    r"|[请請]不吝[点點][赞贊].{2,24}|(?:打[赏賞])?支持明[镜鏡].{0,8}|明[镜鏡][与與需][点點][点點][栏欄]目"
    r"|[优優]{2}[独獨]播[剧劇][场場].{0,32}|yoyotelevisionseries.{0,12}"
    r"|mbc뉴스.{0,12}|ご視聴ありがとうございました",
    re.IGNORECASE,
)
ALSO_SAID: Final = re.compile(
    r"(?:[谢謝]{2}|感[谢謝])(?:大家|您|你|各位)?的?(?:观看|收看|收听|觀看|收看|收聽)"
    r"|(?:我们|我們)?下(?:期|集|[期次](?:视频|視頻|节目|節目))再?[见見]"
    r"|(?:欢迎|歡迎|[请請])?(?:[点點][赞贊])?(?:订阅|訂閱)(?:我的|我们的|我們的)?(?:频道|頻道)?"
    r"|字幕由.{0,16}(?:提供|制作|製作)|字幕[:：]?.{0,4}"
    r"|thank(?:s|you)(?:so|very|all)?(?:much)?forwatching|pleasesubscribe(?:tomychannel)?"
    r"|(?:likeand)?subscribe(?:tomychannel)?|seeyou(?:inthe)?nextvideo"
    r"|(?:subtitles|captions|transcription|transcribed)by.{0,40}"
    r"|you|music|applause|音[乐樂]|掌[声聲]",
    re.IGNORECASE,
)
"""People may say these too: they count as invented only where the model itself doubts that anybody
spoke, or does not tell."""
REPEATED: Final = re.compile(r"(.{1,40}?)\1{3,}", re.DOTALL)
MARKS: Final = re.compile(r"[\s，。,!！?？、~…♪♫\[\]()（）【】「」\"'“”-]|\.(?!\w)")
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


def invented(text: str, no_speech: float | None = None, logprob: float = 0.0) -> bool:
    """Whether a segment is better left out.

    `no_speech` is 0..1, None where the engine does not tell; `logprob` the mean per token.
    """
    if not re.search(r"\w", text):
        return True
    bare = MARKS.sub("", text)
    if NOBODY_SAYS.fullmatch(bare) or repeats(text):
        return True
    if no_speech is None:
        return len(bare) > 3 and ALSO_SAID.fullmatch(bare) is not None
    silent = no_speech > QUIET and logprob < UNSURE
    return silent or bool(no_speech > QUIET / 2 and ALSO_SAID.fullmatch(bare))
