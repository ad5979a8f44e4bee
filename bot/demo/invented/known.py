"""Messages from people who are known, and in places that are known."""

from dataclasses import replace

from bot.demo.invented import words
from bot.demo.invented.world import (
    ASK,
    Expected,
    Record,
    Said,
    Talk,
    number,
    only,
    stranger,
)


def sender(talk: Talk, one: Record) -> Said:
    contact = talk.person(one)
    if not contact["ids"]["hook"]:
        return stranger(talk, one)
    about, place = talk.maybe(one)
    channel = talk.dice.choice(("hook", "hook", "wecom"))
    return Said("", talk.said(one, about), place, channel=channel, sender=contact["ids"][channel])


def mail(talk: Talk, one: Record) -> Said:
    contact = talk.person(one)
    if not contact["emails"] or not contact["ids"]["hook"]:
        return stranger(talk, one)
    about, place = talk.maybe(one)
    mail = talk.dice.choice(contact["emails"])
    mail = talk.dice.choice((mail, mail.upper(), f" {mail}"))
    return Said("", talk.said(one, about), place, "email", sender=mail, chat=mail, mail=True)


def phone(talk: Talk, one: Record) -> Said:
    contact = talk.person(one)
    if not contact["ids"]["hook"]:
        return stranger(talk, one)
    about, place = talk.maybe(one)
    return Said("", talk.said(one, about), place, "calls", phone=_dialled(talk, contact))


def _dialled(talk: Talk, contact: Record) -> str:
    number: str = contact["phones"][0]
    if number.startswith("+44 "):
        rest = number.removeprefix("+44 ")
        return talk.dice.choice((number, f"0044{rest}", f"0{rest}", f"+44 (0) {rest}"))
    forms = (number, f"+86 {number}", f"0086-{number}", f"{number[:3]}-{number[3:7]}-{number[7:]}")
    return talk.dice.choice(forms)


def names_another(talk: Talk, one: Record) -> Said:
    """A known person speaks of another customer: it stays theirs."""
    said = sender(talk, one)
    other = talk.dice.choice(talk.customers)
    return replace(said, text=f"{said.text} {other['aliases'][0]}") if said.sender else said


def other_numbers(talk: Talk, one: Record) -> Said:
    said = sender(talk, one)
    return replace(said, text=f"{number(talk, one)} {said.text}")


def contradiction(talk: Talk, one: Record) -> Said:
    said, other = sender(talk, one), talk.dice.choice(talk.customers)
    if not said.sender or other is one:
        return said
    code = talk.dice.choice(other["projects"])["code"]
    return replace(said, text=talk.said(one, code), expected=ASK)


def two_hats(talk: Talk, one: Record) -> Said:
    """Somebody who works with two customers."""
    shared = [c for c in one["contacts"] if "shared" in c]
    if not shared:
        return sender(talk, one)
    who = shared[0]["ids"]["hook"]
    if talk.dice.random() < 0.4:
        return Said("", talk.said(one), ASK, sender=who)
    about, place = talk.project(one)
    told = talk.shared[who] & talk.sites[about.casefold()]
    expected = place if len(told) == 1 else ASK
    return Said("", talk.said(one, about), expected, sender=who)


def wrong_room(talk: Talk, one: Record) -> Said:
    """A known person of one customer writes into another's chat."""
    said = sender(talk, one)
    chat = talk.dice.choice(talk.bound)
    if not said.sender or chat["customer"] == one["code"] or said.channel != "hook":
        return said
    return replace(said, chat=chat["chat"], text=talk.said(one), expected=ASK)


def claimed(talk: Talk, one: Record) -> Said:
    """A webhook claims a sender and the text names another customer's code."""
    said = contradiction(talk, one)
    return replace(said, proven=False)


def chat(talk: Talk, one: Record) -> Said:
    if not talk.bound:
        return stranger(talk, one)
    chat = talk.dice.choice(talk.bound)
    one = talk.by_code[chat["customer"]]
    contact = talk.person(one)["ids"]["hook"] if talk.dice.random() < 0.5 else ""
    if "project" in chat:
        place = Expected(one["code"], chat["project"])
        return Said("", talk.said(one), place, sender=contact, chat=chat["chat"])
    about, place = talk.maybe(one)
    return Said("", talk.said(one, about), place, sender=contact, chat=chat["chat"])


def thread(talk: Talk, one: Record) -> Said:
    """An answer to a mail that is filed, by a new colleague; by a stranger it is for a person."""
    one = talk.customers[talk.dice.randrange(0, len(talk.customers), 100)]
    references = (f"mail-{one['code']}",)
    if one["domains"] and talk.dice.random() < 0.7:
        mail = f"n{talk.dice.randrange(10**6)}@{one['domains'][0]}"
        place = Expected(one["code"], only(one))
        return Said(
            "", talk.said(one), place, "email", mail, mail, references=references, mail=True
        )
    mail = f"n{talk.dice.randrange(10**6)}@{talk.dice.choice(words.FREE_DOMAINS)}"
    return Said("", talk.said(one), ASK, "email", mail, mail, references=references, mail=True)


def domain(talk: Talk, one: Record) -> Said:
    if not one["domains"]:
        return sender(talk, one)
    about, place = talk.maybe(one)
    host = talk.dice.choice(one["domains"])
    host = talk.dice.choice((host, host, f"mail.{host}", f"hz.mail.{host}"))
    mail = f"new{talk.dice.randrange(10**7)}@{host}"
    return Said("", talk.said(one, about), place, "email", mail, mail, mail=True)
