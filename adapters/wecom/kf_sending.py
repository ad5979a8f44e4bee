"""微信客服, to a customer: texts, within 48 hours of their last message, five at most.

Facts: developer.work.weixin.qq.com/document/path/94677 (send), 94669 (states).
"""

from typing import Final

from adapters.wecom import errors, outbound
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from adapters.wecom.outbound import Message
from adapters.wecom.senders import Progress
from bot.contract import Notice, Refused, Sent, Target

_NEW: Final = 0
_OURS: Final = 1
_STATES: Final = {
    2: "客户在排队等待同事接待 / the customer waits in the queue for a colleague",
    3: "同事正在接待，请在微信客服里回复 / a colleague is serving: reply in 微信客服",
    4: "会话已结束，等客户再次发言 / the conversation is over: the customer must write first",
}


class Customers:
    def __init__(self, api: Api, door: Door) -> None:
        self._api = api
        self._door = door
        self._progress = Progress()

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:  # noqa: ARG002
        kfid, _, customer = to.partition(":")
        if not kfid or not customer:
            raise Refused(f"no such chat: kf:{to}")

        async def send(message: Message) -> str:
            return await self._send(kfid, customer, message)

        lane = f"{to}\n{key}"
        return await self._progress.through(lane, outbound.customer(notice, lane), send)

    async def _send(self, kfid: str, customer: str, message: Message) -> str:
        body = {"touser": customer, "open_kfid": kfid, **message}
        try:
            try:
                answer = await self._api.call(self._door, "kf/send_msg", body)
            except ApiError as error:
                if error.code != errors.WRONG_STATE:
                    raise
                await self._take(kfid, customer)
                answer = await self._api.call(self._door, "kf/send_msg", body)
        except ApiError as error:
            if error.is_repeat:
                return str(message["msgid"])
            raise error.outcome() from None
        return str(answer.get("msgid", ""))

    async def _take(self, kfid: str, customer: str) -> None:
        """Take a new conversation over; one that a colleague has, or that is over, stays as it is."""
        who = {"open_kfid": kfid, "external_userid": customer}
        state = (await self._api.call(self._door, "kf/service_state/get", who)).get("service_state")
        if state == _NEW:
            take = {**who, "service_state": _OURS}
            await self._api.call(self._door, "kf/service_state/trans", take)
        elif state in _STATES:
            raise Refused(_STATES[state])
