"""All platforms at once, as far as they matter here: python -m benchmarks.far PORT.

Whatever is asked is answered at once as if it had worked, so that what is measured is our own side.
"""

import sys
from typing import Final

import uvloop
from aiohttp import web

ANSWER: Final = {
    "ok": True,
    "channel": "C1",
    "ts": "1.1",
    "code": 0,
    "tenant_access_token": "t",
    "expire": 7200,
    "data": {"message_id": "om_1"},
    "bot": {"open_id": "ou_bot"},
    "errcode": 0,
    "errmsg": "ok",
    "access_token": "t",
    "expires_in": 7200,
    "msgid": "m",
}


async def _answer(_request: web.Request) -> web.Response:
    return web.json_response(ANSWER)


def main(port: int) -> None:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", _answer)
    web.run_app(
        application,
        host="127.0.0.1",
        port=port,
        print=None,
        access_log=None,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
