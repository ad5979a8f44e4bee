"""Plays a model hub and a transcription server on loopback."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

Answer = tuple[int, bytes, dict[str, str]]


class FarSide(ThreadingHTTPServer):
    """`answers` maps a path to an answer, or to what makes one of headers and body; what it heard is
    kept in `asked`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer | Callable[[Message, bytes], Answer]] = {}
        self.asked: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server: FarSide
    types: ClassVar = {"Content-Type": "application/json"}

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, body))
        found = self.server.answers.get(self.path, (404, b"{}", {}))
        status, answer, headers = found(self.headers, body) if callable(found) else found
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **self.types, **headers}.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # whoever asked may have tired of waiting
            self.end_headers()
            self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 -- the name http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its parent's name
        pass


@contextmanager
def far_side() -> Iterator[FarSide]:
    server = FarSide()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
