"""The outermost middleware: pages for what goes wrong, and the time that each request took."""

import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.web import pages
from adapters.web.keys import HEALTH, MACHINES
from bot import log
from bot.contract import Busy
from bot.texts import Text

_log = log.get("web")

_WORDS: Final = {
    400: Text("请求无法识别", "The request cannot be read"),
    401: Text("请先登录", "Please log in first"),
    403: Text(
        "这个请求不是从本站页面发出的，已拒绝", "This request did not come from our pages; refused"
    ),
    404: Text(
        "没有这个页面，或者您没有权限查看", "There is no such page, or it is not yours to see"
    ),
    405: Text("不支持这种访问方式", "This cannot be asked in this way"),
    413: Text("文件太大", "The file is too large"),
    503: Text("现在很忙，请稍后再试", "Busy just now; please try again shortly"),
}
_BROKEN = Text("出错了，已记录在日志中", "Something broke; the log has the details")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into pages, or into JSON for machines; nothing else may answer a broken request."""
    started = time.perf_counter()
    response = await _answer(request, handler)
    if response.content_type != "text/event-stream":
        _observe(request, response.status, time.perf_counter() - started)
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _page(request, error.status)
    except Busy as error:
        response = _page(request, 503)
        response.headers["Retry-After"] = str(error.after)
        return response
    except ConnectionResetError:
        raise  # the client has left; nobody is there to read a page
    except Exception:  # noqa: BLE001 - the HTTP edge
        request.app[HEALTH].unhandled.inc()
        _log.exception("web.request_failed", method=request.method, route=_route(request))
        return _page(request, 500)


def _page(request: web.Request, status: int) -> web.Response:
    what = _WORDS.get(status, _BROKEN)
    if request.path.startswith(request.app[MACHINES]) or pages.wants_json(request):
        return web.json_response({"error": what.en}, status=status)
    other = "en" if pages.language(request) == "zh" else "zh"
    return pages.render(
        request,
        "error.html",
        status=status,
        code=status,
        what=what,
        other=what.in_(other),
    )


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def _observe(request: web.Request, status: int, seconds: float) -> None:
    request.app[HEALTH].requests.labels(request.method, _route(request), str(status)).observe(
        seconds
    )
