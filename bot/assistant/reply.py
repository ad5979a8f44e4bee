"""A reply to a customer put together without a model: courteous, of public facts, with gaps to fill."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from bot.assistant.factcheck import GAP
from bot.assistant.material import Said
from bot.texts import Language, Text

Sort = Literal["complaint", "praise", "payment", "question", "ask", "other"]
_THANKS: Final = re.compile(r"谢谢|感谢|辛苦|thank")
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Stand:
    """What the public view of a project says in a reply; empty where it says nothing."""

    project: str = ""
    phase: str = ""
    progress: int | None = None
    milestone: str = ""
    day: str = ""


_HELLO: Final = (Text("{who}，您好：", "Dear {who},"), Text("{who}您好，", "Hello {who},"))
_NOBODY: Final = (Text("您好：", "Hello,"), Text("您好，", "Good day,"))
_HEARD: Final[dict[Sort, tuple[Text, Text]]] = {
    "complaint": (
        Text(
            "很抱歉给您带来不便。您反映的“{words}”我们已经收到，并如实记录下来。",
            "We are sorry for the trouble. We have received what you told us, “{words}”, and noted it.",
        ),
        Text(
            "您说的“{words}”我们看到了，让您费心了，非常抱歉。",
            "We have read your message, “{words}”, and we apologise for the inconvenience.",
        ),
    ),
    "praise": (
        Text("感谢您的肯定。", "Thank you for your kind words."),
        Text("谢谢您的反馈，这对我们是很大的鼓励。", "Thank you for the feedback; it means a lot."),
    ),
    "payment": (
        Text(
            "关于付款的事“{words}”，我们已经收到，正在与同事核对。",
            "We have received your message about the payment, “{words}”, and are checking it.",
        ),
        Text("您提到的“{words}”已收到。", "We have received your note: “{words}”."),
    ),
    "question": (
        Text("关于您问的“{words}”：", "About your question, “{words}”:"),
        Text("您问到“{words}”，先向您说明如下。", "You asked “{words}”. Here is where we stand."),
    ),
    "ask": (
        Text("您提出的“{words}”我们已经收到。", "We have received your request: “{words}”."),
        Text("关于您的要求“{words}”，已经记下。", "Your request, “{words}”, is noted."),
    ),
    "other": (
        Text("您的来信已收到。", "Thank you for your message; we have received it."),
        Text("来信收悉。", "Thank you for writing."),
    ),
}
_STANDS: Final = Text(
    "目前{project}处于{phase}阶段，总体进度 {progress}%。",
    "{project} is in the {phase} phase, {progress}% done overall.",
)
_NEXT: Final = Text("接下来的节点是{milestone}（{day}）。", "Next comes {milestone} ({day}).")
_BACK: Final = (
    Text("我会在 {gap} 之前给您明确答复。", "I will get back to you by {gap}."),
    Text("具体安排我在 {gap} 前回复您。", "You will hear the details from me by {gap}."),
)
_REGARDS: Final = Text("{name}", "Best regards,\n{name}")
COURTESY: Final = "\n".join(
    one.in_(language)
    for language in ("zh", "en")
    for pair in (*_HEARD.values(), _BACK, (_STANDS, _NEXT))
    for one in pair
)
"""Our own phrases: that they stand in an internal note too proves nothing."""


def sort_of(item: Said) -> Sort:
    if "complaint" in item.signals or (item.score is not None and item.score < -0.3):
        return "complaint"
    if "payment" in item.signals:
        return "payment"
    if item.questions:
        return "question"
    if item.asks:
        return "ask"
    return "praise" if "praise" in item.signals or _THANKS.search(item.text.lower()) else "other"


def offline(
    item: Said, stand: Stand, name: str, language: Language, *, hint: str = "", variant: int = 0
) -> str:
    """The text; `name` is who writes, `hint` what they want said, word for word."""
    at = variant % 2
    sort = sort_of(item)
    words = _words(item, sort)
    greeting = (_HELLO if item.who else _NOBODY)[at].in_(language, who=item.who)
    body = [_HEARD[sort][at].in_(language, words=words)]
    if stand.progress is not None and sort != "praise":
        facts = {"project": stand.project, "phase": stand.phase, "progress": stand.progress}
        body.append(_STANDS.in_(language, **facts))
        if stand.milestone:
            body.append(_NEXT.in_(language, milestone=stand.milestone, day=stand.day))
    if hint:
        body.append(hint if hint[-1] in "。.!！?？" else hint + ("." if language == "en" else "。"))
    elif sort not in {"praise", "other"}:
        body.append(_BACK[at].in_(language, gap=GAP))
    glue = " " if language == "en" else ""
    return "\n\n".join([greeting, glue.join(body), _REGARDS.in_(language, name=name)])


def _words(item: Said, sort: Sort) -> str:
    """The words that are answered, as the customer wrote them."""
    if sort == "complaint" and item.because:
        found = item.because
    else:
        found = next((one.words for one in (*item.questions, *item.asks)), item.text)
    line = " ".join(found.split()).strip("。.!！ ").replace("“", "").replace("”", "")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
