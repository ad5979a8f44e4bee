"""A project's progress for its customer: proposed by a member, sent once it is approved."""

from typing import Annotated

from bot.commands import offering, public
from bot.commands.offering import Offer
from bot.commands.registry import Ask, Rest, command
from bot.contract import Level, Notice
from bot.domain import terms
from bot.texts import Text
from storage.tables import Conversation, Customer, Project


@command(
    "update",
    zh="发送进展",
    permission="push.propose",
    aliases=("progress send",),
    final=True,
    help=Text(
        "把项目进展发到客户群，批准后才发出",
        "send a project's progress to its customer's chat, once it is approved",
    ),
)
async def update(
    ask: Ask,
    project: Annotated[Project, Text("项目", "project")],
    words: Annotated[Rest, Text("附言", "words")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    customer = await ask.session.get_one(Customer, project.customer_id)

    async def make(chat: Conversation) -> Notice:
        return await public.progress(ask.session, project, chat, ask.now, words)

    made = await offering.offer(ask, Offer("progress", customer, project, make))
    return await offering.sent_off(ask, [waits for _, _, waits in made])


@command(
    "pushes",
    zh="客户推送",
    permission="project.write",
    help=Text(
        "何时向客户提出进展：ask 每周，milestone 里程碑也提，off 不提",
        "when progress is proposed to the customer: ask weekly, milestone too, off",
    ),
)
async def pushes(
    ask: Ask,
    project: Annotated[Project, Text("项目", "project")],
    when: Annotated[terms.Pushes, Text("何时", "when")],
) -> Notice:
    project.pushes = when.value
    await ask.did(
        "project.pushes",
        project,
        customer_id=project.customer_id,
        project_id=project.id,
        pushes=when.value,
    )
    return ask.say(
        Text("{code} 的客户推送：{when}。", "Words for the customer of {code}: {when}."),
        Level.GOOD,
        code=project.code,
        when=ask.t(when.text),
    )
