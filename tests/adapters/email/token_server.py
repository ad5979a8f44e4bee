"""A provider of access tokens: RFC 6749 section 6, strict, with refresh tokens that may rotate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

CLIENT, SECRET, REFRESH = "client-1", "cl1ent-s3cret", "r3fresh-0"


class TokenServer:
    def __init__(self):
        self.refresh = {REFRESH}
        """Tokens that are taken."""
        self.rotates = False
        self.asked: list[dict[str, str]] = []
        self.answer: web.Response | None = None
        self.given: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TokenServer"]:
        app = web.Application()
        app.router.add_post("/token", self._token)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _token(self, request):
        said = dict(await request.post())
        self.asked.append(said)
        if self.answer is not None:
            return self.answer
        if (said.get("client_id"), said.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if said.get("grant_type") != "refresh_token" or said["refresh_token"] not in self.refresh:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.given.append(f"acc3ss-{len(self.given)}")
        answer = {"access_token": self.given[-1], "expires_in": 3600, "token_type": "Bearer"}
        if self.rotates:
            answer["refresh_token"] = f"r3fresh-{len(self.given)}"
            self.refresh.add(answer["refresh_token"])
        return web.json_response(answer)

    def settings(self, **more):
        return {
            "token_url": self.url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "refresh_token": REFRESH,
            **more,
        }
