"""Private mail: which is never kept, by address, domain, folder or label."""

from typing import Annotated, Final

from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, quoted
from bot.domain import mail_domains
from bot.texts import Text
from storage import people, private
from storage.tables import PrivateRule

KINDS: Final = {
    "address": Text("地址", "address"),
    "domain": Text("域名", "domain"),
    "folder": Text("文件夹", "folder"),
    "label": Text("标签", "label"),
}
_RULE: Final = Text("规则", "rule")
_HOW: Final = Text(
    "请写成 地址:a@b.example、域名:family.example、文件夹:私人 或 标签:Personal。",
    "Write address:a@b.example, domain:family.example, folder:Private or label:Personal.",
)
_NOT_YOURS: Final = Text(
    "只有管理员能设这条规则；您可以为自己的邮箱地址设。",
    "Only an administrator sets this rule; you may set one for your own address.",
)


@command(
    "private",
    zh="私人邮件",
    reads=True,
    help=Text("哪些邮件不收录，各挡下多少", "which mail is never kept, and how much was kept out"),
)
async def list_(ask: Ask) -> Notice:
    rules = await private.rules(ask.session)
    shown = [rule for rule in rules if rule.by_id == ask.actor.user_id or await _may(ask, rule)]
    count = Text("挡下 {count} 封", "{count} kept out")
    facts = [
        (f"{ask.t(KINDS[rule.kind])} {rule.value}", ask.t(count, count=rule.kept_out))
        for rule in shown
    ]
    own = Text("邮件自称私人（Sensitivity）", "mails that say so themselves (Sensitivity)")
    facts.append((ask.t(own), ask.t(count, count=await private.marked(ask.session))))
    return ask.notice(
        title=ask.t(Text("私人邮件规则", "Private mail")),
        facts=facts,
        buttons=[
            Button(
                label=ask.t(Text("删除 {value}", "Remove {value}"), value=rule.value),
                command=f"/private remove {quoted(f'{rule.kind}:{rule.value}')}",
            )
            for rule in shown[:5]
        ],
    )


@command(
    "private.add",
    zh="添加私人邮件",
    help=Text(
        "此类邮件今后不收录，例如 域名:family.example",
        "such mail is not kept from now on, for example domain:family.example",
    ),
)
async def add(ask: Ask, rule: Annotated[Rest, _RULE]) -> Notice:
    kind, value = _read(rule)
    made = PrivateRule(kind=kind, value=value, by_id=ask.actor.user_id)
    if not await _may(ask, made):
        raise CommandError(_NOT_YOURS)
    if await private.rule(ask.session, kind, value) is not None:
        raise CommandError(Text("这条规则已经有了。", "There is this rule already."))
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("private.added", made)
    return ask.notice(
        text=ask.t(
            Text(
                "今后{kind}「{value}」的邮件不收录。已经归档的不会因此删除。",
                "From now on mail of the {kind} “{value}” is not kept. What is filed already stays.",
            ),
            kind=ask.t(KINDS[kind]),
            value=value,
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "private.remove",
    zh="删除私人邮件",
    help=Text("此类邮件今后照常收录", "such mail is kept again from now on"),
)
async def remove(ask: Ask, rule: Annotated[Rest, _RULE]) -> Notice:
    kind, value = _read(rule)
    found = await private.rule(ask.session, kind, value)
    if found is None or not await _may(ask, found):
        raise CommandError(
            Text(
                "没有您能删除的规则「{rule}」。", "There is no rule “{rule}” that you may remove."
            ),
            rule=rule,
        )
    await ask.session.delete(found)
    await ask.session.flush()
    ask.wrote("private.removed", found)
    return ask.say(
        Text("「{value}」的邮件今后照常收录。", "Mail of “{value}” is kept again from now on."),
        Level.GOOD,
        value=value,
    )


def _read(rule: str) -> tuple[str, str]:
    """A rule's kind and its value in lower case; raises `CommandError`."""
    plain = rule.replace("：", ":").strip()
    if ":" not in plain:  # an address or a domain shows by itself what it is
        plain = f"{'address' if '@' in plain[1:] else 'domain'}:{plain}"
    said, _, value = plain.partition(":")
    names = {word: kind for kind, text in KINDS.items() for word in (kind, text.zh, text.en)}
    kind, value = names.get(said.strip().casefold(), ""), value.strip().strip('"').casefold()
    if kind == "domain":
        value = value.removeprefix("@")
    usable = {
        "address": bool(mail_domains.domain_of(value)),
        "domain": "." in value and "@" not in value and value not in mail_domains.FREE,
        "folder": bool(value),
        "label": bool(value),
    }
    if not usable.get(kind, False):
        raise CommandError(_HOW)
    return kind, value


async def _may(ask: Ask, rule: PrivateRule) -> bool:
    """Administrators set any rule, everybody else one for their own address."""
    if ask.actor.may("user.write"):
        return True
    own = await people.identities(ask.session, ask.actor.user_id or 0)
    return rule.kind == "address" and any(
        one.channel == "email" and one.address == rule.value for one in own
    )
