"""Search: customers and projects by name, and all that was said."""

from typing import Final

from aiohttp import web

from adapters.web import entries, pages
from bot.domain import names
from storage import pages as questions
from storage import projects, search, watch
from storage.pages import Wanted

MOST: Final = 30


async def page(request: web.Request) -> web.StreamResponse:
    words = request.query.get("q", "").strip()[:200]
    norm = names.normal(words)
    async with pages.asking(request) as ask:
        session, actor = ask.session, ask.actor
        met, running, items = [], [], []
        if norm and actor.may("customer.read"):
            met = await questions.customers(session, actor.scope, Wanted(norm=norm), limit=8)
        if norm and actor.may("project.read"):
            running = await projects.named(session, actor.scope, norm, limit=8)
        if norm and actor.may("talk.read"):
            items = await search.interactions(session, actor.scope, words, limit=MOST)
        return await pages.show(
            request,
            ask,
            "search.html",
            q=words,
            customers=met,
            projects=running,
            found=await entries.of_items(ask, items),
            owners=await watch.customers(
                session, {item.customer_id for item in items if item.customer_id}
            ),
        )
