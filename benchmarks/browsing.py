"""A member at the console: logs in once and opens pages over one kept connection."""

import http.client
import time
from typing import Final
from urllib.parse import urlencode

PASSWORD: Final = "made-up-for-looking"


class Member:
    """Logged in; `open` tells how long a page took."""

    def __init__(self, port: int, name: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Origin": f"http://127.0.0.1:{port}"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer, _ = self._ask(
            "POST", "/login", urlencode({"name": name, "password": PASSWORD}), form
        )
        cookie = answer.headers["Set-Cookie"]
        assert answer.status in {302, 303}
        self._headers["Cookie"] = cookie.split(";")[0]

    def open(self, path: str) -> float:
        """Milliseconds until the whole page is here."""
        began = time.perf_counter()
        answer, page = self._ask("GET", path)
        assert answer.status == 200, (path, answer.status)
        assert b"</html>" in page
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request(method, path, body or None, self._headers | (headers or {}))
        answer = self._connection.getresponse()
        return answer, answer.read()
