"""Projects: the board by phase, and one with milestones, tasks, money and timeline."""

from aiohttp import web

from adapters.web import alerts, entries, pages
from bot.commands import cards
from bot.domain import terms
from storage import pages as questions
from storage import projects as rows
from storage import watch
from storage.tables import Customer


async def board(request: web.Request) -> web.StreamResponse:
    async with pages.asking(request, "project.read") as ask:
        found = await questions.projects(ask.session, ask.actor.scope, ask.now.date())
        columns = [
            (phase, [row for row in found if row.project.phase == phase]) for phase in terms.Phase
        ]
        return await pages.show(
            request,
            ask,
            "projects.html",
            columns=columns,
            count=len(found),
            may_move=ask.actor.may("project.write"),
        )


async def one(request: web.Request) -> web.StreamResponse:
    """A project's page; for `before`, the older part of the timeline alone."""
    async with pages.asking(request, "project.read") as ask:
        scope = ask.actor.scope
        project = await rows.by_code(ask.session, scope, request.match_info["code"])
        if project is None:
            raise web.HTTPNotFound
        timeline = await entries.of(ask, request, project_id=project.id)
        if "before" in request.query:
            return pages.render(request, "timeline.html", timeline=timeline)
        tasks = await rows.tasks(ask.session, scope, project_id=project.id, open_only=False)
        people = [project.manager_id, *(task.assignee_id for task, _ in tasks)]
        return await pages.show(
            request,
            ask,
            "project.html",
            project=project,
            customer=await ask.session.get_one(Customer, project.customer_id),
            budget=cards.budget(ask, project),
            who=await rows.user_names(ask.session, people),
            members=await rows.members(ask.session, project.id),
            milestones=await rows.milestones(ask.session, project.id),
            open_tasks=[task for task, _ in tasks if task.done_at is None],
            done_tasks=[task for task, _ in tasks if task.done_at is not None],
            alerts=await alerts.titled(
                ask, await watch.alerts(ask.session, scope, project_id=project.id)
            ),
            may_write=ask.actor.may("project.write"),
            may_do=ask.actor.may("task.done"),
            timeline=timeline,
        )
