"""Customers: the list, and one with card, alerts, projects and timeline."""

from typing import Final

from aiohttp import web

from adapters.web import alerts, entries, pages
from bot.domain import names
from storage import customers as rows
from storage import pages as questions
from storage import watch
from storage.pages import Wanted

PAGE: Final = 50


async def listed(request: web.Request) -> web.StreamResponse:
    asked = request.query
    wanted = Wanted(
        norm=names.normal(asked.get("q", ""))[:100],
        tier=asked.get("tier", ""),
        stage=asked.get("stage", ""),
        tag=asked.get("tag", ""),
    )
    start = max(0, int(asked["from"])) if asked.get("from", "").isdecimal() else 0
    async with pages.asking(request, "customer.read") as ask:
        found = await questions.customers(
            ask.session, ask.actor.scope, wanted, limit=PAGE + 1, offset=min(start, 10**9)
        )
        return await pages.show(
            request,
            ask,
            "customers.html",
            rows=found[:PAGE],
            wanted=wanted,
            q=asked.get("q", ""),
            tags=await questions.tags(ask.session, ask.actor.scope),
            earlier=start - PAGE if start >= PAGE else None,
            later=start + PAGE if len(found) > PAGE else None,
        )


async def one(request: web.Request) -> web.StreamResponse:
    """A customer's page; for `before`, the older part of the timeline alone."""
    code = request.match_info["code"]
    async with pages.asking(request, "customer.read") as ask:
        scope = ask.actor.scope
        customer = await rows.by_code(ask.session, scope, code)
        if customer is None:
            raise web.HTTPNotFound
        if customer.code.upper() != code.upper():
            raise web.HTTPFound(f"/customers/{customer.code}")
        timeline = await entries.of(ask, request, customer_id=customer.id)
        if "before" in request.query:
            return pages.render(request, "timeline.html", timeline=timeline)
        card = await rows.card(ask.session, scope, customer)
        return await pages.show(
            request,
            ask,
            "customer.html",
            customer=customer,
            card=card,
            custom=[
                (f.label, customer.custom[f.name])
                for f in card.fields
                if customer.custom.get(f.name) not in (None, "", [])
            ],
            alerts=await alerts.titled(
                ask, await watch.alerts(ask.session, scope, customer_id=customer.id)
            ),
            timeline=timeline,
        )
