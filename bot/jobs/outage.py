"""Says once to those who run the installation that the language model is away."""

from typing import Final

from bot import log, telling
from bot.clock import Clock
from bot.contract import Level, NoModel, Notice
from bot.people import Defaults
from bot.texts import Text, language_of
from storage import people
from storage.db import Database

_TITLE = Text("语言模型暂时不可用", "The language model is away")
_BODY = Text(
    "{why}。相关功能已改用离线方式，不影响使用；恢复后会自动继续。今天不再提醒，详情见 keqing doctor。",
    "{why}. What used it goes on without, and returns to it by itself. This is said once a day; keqing"
    " doctor tells more.",
)
_TOLD: Final = "admin"

_log = log.get("outage")


class Outage:
    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats."""
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def say(self, why: NoModel) -> None:
        """Tell the admins, once a day, whichever process notices it first."""
        if not why.away:
            return
        now = self._now()
        async with self._db.transaction() as session:
            for user in await people.users_with_role(session, _TOLD):
                language = language_of(user.language or self._defaults.language)
                notice = Notice(
                    level=Level.WARNING,
                    title=_TITLE.in_(language),
                    text=_BODY.in_(language, why=why),
                    language=language,
                )
                key = f"model-away:{now:%Y-%m-%d}"
                await telling.member(session, user, notice, home=self._home, key=key, now=now)
        _log.info("outage.said", why=str(why))
