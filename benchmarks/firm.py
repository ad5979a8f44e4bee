"""The invented firm and its messages as the webhook takes them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.demo.invented import Expected, generate
from bot.demo.invented import messages as said

__all__ = ["BEGIN", "generate", "messages"]

BEGIN: Final = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def messages(
    firm: dict[str, Any], count: int, seed: int
) -> Iterator[tuple[dict[str, Any], Expected]]:
    """Hook bodies, a second apart, each with where it belongs; all come over the one channel."""
    for number, one in enumerate(said(firm, count, seed)):
        sender = {"id": one.sender, "name": one.name, "email": one.email, "phone": one.phone}
        body = {
            "id": f"bench-{seed}-{number}",
            "chat": one.chat,
            "sender": {key: value for key, value in sender.items() if value},
            "text": one.text,
            "sent_at": (BEGIN + timedelta(seconds=number)).isoformat(),
        }
        yield body, one.expected
