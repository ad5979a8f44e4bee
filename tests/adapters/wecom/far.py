"""WeCom's far side as a small strict server: tokens, schemas, limits, codes, silent drops.

Written from the platform's pages, apart from the adapter: what it refuses, WeCom refuses.
"""

import asyncio
import itertools
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.adapters.wecom.content import INVISIBLE, Wrong, check_card, check_content, need
from tests.contract.platform import Shown, Trouble

CORP = "ww5823bf96d3bd56c7"
AGENT = 1000002
SECRETS = {"app": "made-up-app-secret-9c1", "kf": "made-up-kf-secret-4b7"}
ROBOT_KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
_MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")


@dataclass
class Line:
    """A message that somebody sees."""

    chat: str
    message: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    code: str = ""
    """The response_code that may change it."""
    replaced: str = ""

    def shown(self) -> Shown:
        card = self.message.get("template_card")
        if self.message["msgtype"] == "image":
            return Shown("[图片]")
        if card is None:
            kind = self.message["msgtype"]
            text = self.message[kind]["content"].strip(INVISIBLE)
            if kind == "markdown":
                text = re.sub(r"</?font[^>]*>|\*\*|^> ", "", text, flags=re.MULTILINE)
            return Shown(text)
        title, facts = card.get("main_title", {}), card.get("horizontal_content_list", [])
        labels = [button["text"] for button in card["button_list"]]
        if grey := self.replaced or card.get("replace_text", ""):
            labels = [grey]
        parts = [title.get("title", ""), title.get("desc", ""), card.get("sub_title_text", "")]
        parts += [f"{fact['keyname']} {fact['value']}" for fact in facts]
        text = "\n".join(part for part in [*parts, *labels] if part)
        return Shown(text, buttons=tuple(labels))


class Far:
    """The server, its state, and what it has seen."""

    def __init__(self) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        self.groups: set[str] = set()
        self.lines: list[Line] = []
        self.troubles: list[Trouble] = []
        self.passing = 0
        """How many messages are taken before the next trouble."""
        self.calls: Counter[str] = Counter()
        self.bodies: list[tuple[str, Any]] = []
        self.tokens: dict[str, str] = {}
        self.next_tokens = itertools.count(1)
        self.media: dict[str, tuple[str, bytes, str, dict[str, str]]] = {}
        """media_id → door, bytes, type, headers."""
        self.pictures: dict[str, bytes] = {}
        """Uploaded by the app: media_id → bytes."""
        self.down: list[str] = []
        """Paths whose next calls are answered with 502."""
        self.answers: dict[str, list[dict[str, Any]]] = {}
        """Answers that the next calls of a path get instead."""
        self.codes = itertools.count(1)
        self.used_codes: set[str] = set()
        self.contents: dict[tuple[str, str], float] = {}
        self.task_ids: set[str] = set()
        self.entries: list[dict[str, Any]] = []
        self.page = 1000
        self.states: dict[str, int] = {}
        self.left: Counter[str] = Counter()
        """How many messages a customer has been sent since they wrote."""
        self.msgids: set[str] = set()
        self.msg_token = "ENCmadeupToken7Yt"
        self.synced = asyncio.Event()
        self.served = 0
        """How many entries have been pulled."""
        self.names: dict[str, str] = {}
        self.full_directory = True

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/cgi-bin/{path:.+}", self.take)]

    # --- the edge ------------------------------------------------------------------------------

    async def take(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls[path] += 1
        query = dict(request.query)
        body = await self._body(request) if request.can_read_body else None
        self.bodies.append((path, body))
        if path in self.down:
            self.down.remove(path)
            return web.Response(status=502, text="<html>bad gateway</html>")
        sends = path in {
            "message/send",
            "appchat/send",
            "webhook/send",
            "kf/send_msg",
            "message/update_template_card",
        }
        trouble = None
        if sends and self.passing:
            self.passing -= 1
        elif sends and self.troubles:
            trouble = self.troubles.pop(0)
        if trouble in {Trouble.DOWN, Trouble.SILENT, Trouble.LIMIT, Trouble.REFUSED}:
            return await self._troubled(trouble)
        try:
            if self.answers.get(path):
                answer = self.answers[path].pop(0)
            else:
                if trouble is Trouble.EXPIRED:
                    self.tokens.clear()
                answer = self._answer(request.method, path, query, body)
        except Wrong as wrong:
            answer = {"errcode": wrong.code, "errmsg": f"{wrong}, hint: [1], from ip: 203.0.113.9"}
        if isinstance(answer, web.Response):
            return answer
        if trouble is Trouble.LATE:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"errcode": 0, "errmsg": "ok", **answer})

    async def _body(self, request: web.Request) -> Any:
        """JSON, or a form's one file with the type that the address says."""
        if request.content_type != "multipart/form-data":
            return await request.json()
        file = (await request.post()).get("media")
        if not isinstance(file, web.FileField):
            return {}
        data = file.file.read()
        return {"type": request.query.get("type"), "name": file.filename, "data": data}

    async def _troubled(self, trouble: Trouble) -> web.StreamResponse:
        if trouble is Trouble.DOWN:
            return web.Response(status=502, text="<html>bad gateway</html>")
        if trouble is Trouble.SILENT:
            await asyncio.sleep(60)
        code = 45009 if trouble is Trouble.LIMIT else 81013
        return web.json_response({"errcode": code, "errmsg": "made up"})

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        if path == "gettoken":
            return self._give_token(query)
        if path == "webhook/send":
            return self._robot(query, body)
        gets = {"agent/get", "media/get", "department/simplelist", "user/list", "user/get"}
        need(
            method == ("GET" if path in gets else "POST"),
            43001 if path in gets else 43002,
            "method",
        )
        token = query.pop("access_token", "")
        need(token, 41001, "access_token missing")
        door = next((name for name, value in self.tokens.items() if value == token), "")
        need(door, 42001, "access_token expired")
        handler = getattr(self, "_" + path.replace("/", "_"), None)
        need(handler, 404, f"no such path: {path}")
        need(
            door == ("kf" if path.startswith("kf/") else "app") or path == "media/get", 48002, path
        )
        if path == "media/get":
            return self._media_get(door, query)
        return handler(query if method == "GET" else body)

    def _give_token(self, query: dict[str, str]) -> dict[str, Any]:
        need(query.get("corpid") == CORP, 40013, "invalid corpid")
        door = next((d for d, secret in SECRETS.items() if secret == query.get("corpsecret")), "")
        need(door, 40001, "invalid credential")
        self.tokens.setdefault(door, f"made-up-{door}-token-{next(self.next_tokens)}")
        return {"access_token": self.tokens[door], "expires_in": 7200}

    # --- the app -------------------------------------------------------------------------------

    def _message_send(self, body: dict[str, Any]) -> dict[str, Any]:
        known = (
            "touser agentid msgtype text image markdown template_card enable_duplicate_check "
            "duplicate_check_interval"
        )
        need(set(body) <= set(known.split()), 40058, f"unknown fields {set(body)}")
        need(body.get("agentid") == AGENT, 40056, "invalid agentid")
        need(1 <= body.get("duplicate_check_interval", 1800) <= 4 * 3600, 40058, "interval")
        types = {"text", "image", "markdown", "template_card"}
        check_content(body, types=types, media=self.pictures)
        who = body.get("touser", "")
        if who not in self.members:
            return {"invaliduser": who, "msgid": ""}
        kind = body["msgtype"]
        if body.get("enable_duplicate_check"):
            same = (who, repr(body[kind]))
            if time.monotonic() - self.contents.get(same, -9e9) < body["duplicate_check_interval"]:
                return {"msgid": "again"}
            self.contents[same] = time.monotonic()
        if kind == "template_card":
            task = body[kind]["task_id"]
            need(task not in self.task_ids, 42014, "task_id already exist")
            self.task_ids.add(task)
        line = Line(f"user:{who}", body, code=f"code{next(self.codes)}")
        minute = [x for x in self.lines if x.chat == line.chat and line.at - x.at < 60]
        if len(minute) < 30:  # what is beyond is dropped without a word
            self.lines.append(line)
        return {"msgid": f"msg{len(self.lines)}", "response_code": line.code}

    def _media_upload(self, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("data"), 41005, "media data missing")
        need(body["type"] == "image", 40004, "invalid media type")
        need(body["name"].endswith((".png", ".jpg")), 40005, "invalid file type")
        need(5 < len(body["data"]) <= 10 * 1024 * 1024, 40009, "invalid image size")
        need(body["data"].startswith(b"\x89PNG"), 40005, "invalid file type")
        media_id = f"3Gmade-up{len(self.pictures)}"
        self.pictures[media_id] = body["data"]
        return {"type": "image", "media_id": media_id, "created_at": str(int(time.time()))}

    def _message_update_template_card(self, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("agentid") == AGENT, 40056, "invalid agentid")
        code = body.get("response_code", "")
        line = next((x for x in self.lines if x.code == code.split("+")[0]), None)
        need(line and code not in self.used_codes, 60140, "response_code is invalid or expired")
        need(line.chat in {f"user:{one}" for one in body.get("userids", [])}, 60111, "userids")
        need(("button" in body) != ("template_card" in body), 40058, "button or template_card")
        if "button" in body:
            need(body["button"].get("replace_name"), 40058, "replace_name")
            line.replaced = body["button"]["replace_name"]
        else:
            check_card(body["template_card"])
            line.message = {"msgtype": "template_card", "template_card": body["template_card"]}
        self.used_codes.add(code)
        return {"invaliduser": []}

    def _appchat_send(self, body: dict[str, Any]) -> dict[str, Any]:
        need(
            set(body) <= {"chatid", "msgtype", "text", "image", "markdown", "safe"}, 40058, "fields"
        )
        need(body.get("chatid") in self.groups, 86003, "chatid not exist")
        check_content(body, types={"text", "image", "markdown"}, media=self.pictures)
        self.lines.append(Line(f"group:{body['chatid']}", body))
        return {}

    def _robot(self, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        need(query.get("key") == ROBOT_KEY, 93000, "invalid webhook url")
        check_content(body, types={"text", "image", "markdown"}, markdown=4096)
        self.lines.append(Line("hook:sales", body))
        return {}

    def _agent_get(self, query: dict[str, str]) -> dict[str, Any]:
        need(query.get("agentid") == str(AGENT), 301002, "not allow operate another agent")
        users = [{"userid": one} for one in self.members]
        return {
            "agentid": AGENT,
            "name": "客情助手",
            "allow_userinfos": {"user": users},
            "allow_partys": {"partyid": [1]},
            "close": 0,
        }

    def _department_simplelist(self, query: dict[str, str]) -> dict[str, Any]:
        found = [{"id": 1, "parentid": 0, "order": 1}, {"id": 2, "parentid": 1, "order": 1}]
        return {"department_id": found}

    def _user_list(self, query: dict[str, str]) -> dict[str, Any]:
        need(self.full_directory, 48002, "api forbidden")
        department = int(query["department_id"])
        return {
            "userlist": [one for one in self.members.values() if department in one["department"]]
        }

    def _user_list_id(self, body: dict[str, Any]) -> dict[str, Any]:
        ids = sorted(self.members)
        at = int(body.get("cursor") or 0)
        following = str(at + 1) if at + 1 < len(ids) else ""
        found = [{"userid": one, "department": 1} for one in ids[at : at + 1]]
        return {"dept_user": found, "next_cursor": following}

    def _user_get(self, query: dict[str, str]) -> dict[str, Any]:
        need(query["userid"] in self.members, 60111, "userid not found")
        return self.members[query["userid"]]

    def _media_get(self, door: str, query: dict[str, str]) -> Any:
        found = self.media.get(query.get("media_id", ""))
        need(found and found[0] == door, 40007, "invalid media_id")
        _, data, type_, headers = found
        if "Location" in headers:
            return web.Response(status=302, headers=headers)
        return web.Response(body=data, content_type=type_, headers=headers)

    # --- 微信客服 ------------------------------------------------------------------------------

    def _kf_account_list(self, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("limit", 100) <= 100, 40058, "limit")
        return {"account_list": [{"open_kfid": KFID, "name": "售后", "avatar": ""}]}

    def _kf_sync_msg(self, body: dict[str, Any]) -> dict[str, Any]:
        need(1 <= body.get("limit", 1000) <= 1000, 40058, "limit")
        need(body.get("voice_format", 0) in {0, 1}, 40058, "voice_format")
        need(body.get("token", self.msg_token) == self.msg_token, 95007, "invalid msg token")
        at = int(body.get("cursor", "c0")[1:])
        mine = self.entries[at : at + self.page]
        self.served = max(self.served, at + len(mine))
        self.synced.set()
        return {
            "next_cursor": f"c{at + len(mine)}",
            "has_more": int(at + len(mine) < len(self.entries)),
            "msg_list": [one for one in mine if one is not None],
        }

    def _kf_customer_batchget(self, body: dict[str, Any]) -> dict[str, Any]:
        ids = body.get("external_userid_list", [])
        need(1 <= len(ids) <= 100, 40058, "external_userid_list: 1 to 100")
        found = [
            {"external_userid": one, "nickname": self.names[one], "gender": 0}
            for one in ids
            if one in self.names
        ]
        return {"customer_list": found, "invalid_external_userid": []}

    def _kf_service_state_get(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"service_state": self.states.get(body["external_userid"], 1)}

    def _kf_service_state_trans(self, body: dict[str, Any]) -> dict[str, Any]:
        now = self.states.get(body["external_userid"], 1)
        need(now == 0 and body["service_state"] == 1, 95016, "state cannot be changed so")
        self.states[body["external_userid"]] = 1
        return {"msg_code": "made-up"}

    def _kf_send_msg(self, body: dict[str, Any]) -> dict[str, Any]:
        need(set(body) <= {"touser", "open_kfid", "msgid", "msgtype", "text"}, 40058, "fields")
        need(body.get("open_kfid") == KFID, 95004, "open_kfid not exist")
        need(_MSGID.fullmatch(body.get("msgid", "")), 40058, "msgid")
        need(body["msgid"] not in self.msgids, 95099, "msgid already exists")
        check_content(body, types={"text"})
        customer = body["touser"]
        need(self.states.get(customer, 1) == 1, 95018, "send msg session status invalid")
        need(self.left[customer] < 5, 95001, "msg count limit")
        self.left[customer] += 1
        self.msgids.add(body["msgid"])
        self.lines.append(Line(f"kf:{KFID}:{customer}", body))
        return {"msgid": body["msgid"]}
