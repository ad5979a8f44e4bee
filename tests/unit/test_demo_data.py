"""The demo firm holds together, is current on any day, and gives the pipeline something to find."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta

import pytest

from adapters.email import parse
from adapters.hook import inbound
from bot.demo import story
from bot.domain import names
from bot.firm import FirmIn
from bot.pipeline import evidence, language, match, sentiment
from bot.rules import book
from storage.directory import Chat, Directory, Known, KnownProject, Name
from storage.people import address

TODAY = date(2026, 11, 21)
OPENING = datetime.combine(TODAY, time(9), story.ZONE)
DAYS = (TODAY, date(2027, 3, 1), date(2028, 2, 29))


@pytest.fixture(scope="module")
def firm():
    return FirmIn.model_validate(story.firm(TODAY))


@pytest.fixture(scope="module")
def messages():
    return list(story.messages(TODAY))


@pytest.fixture(scope="module")
def mails():
    return [parse.parse(data) for _, data in story.mails(TODAY)]


def projects(firm):
    return [project for customer in firm.customers for project in customer.projects]


def contacts(firm):
    """Every address of a contact → the customer's code."""
    return {
        one: customer.code
        for customer in firm.customers
        for contact in customer.contacts
        for one in (contact.ids["hook"], *contact.emails)
    }


def test_the_firm_is_as_big_as_promised(firm):
    assert len(firm.members) == 12
    assert len(firm.customers) == 12
    assert len(projects(firm)) == 20
    assert {member.role for member in firm.members} == set(
        "admin manager sales pm service finance".split()
    )
    assert {project.phase for project in projects(firm)} == set(
        "start plan do accept paid closed".split()
    )
    assert {customer.tier for customer in firm.customers} == {"vip", "key", "normal"}
    assert any(member.language == "en" for member in firm.members)


def test_everybody_who_is_named_is_there(firm):
    members = {member.name: member.role for member in firm.members}
    for member in firm.members:
        assert member.superior is None or member.superior in members
    for customer in firm.customers:
        assert members[customer.owner] == "sales"
    for project in projects(firm):
        assert members[project.manager] == "pm"
        assert set(project.members) <= members.keys()
        assert {task.assignee for task in project.tasks} <= members.keys()
    customers = {customer.code for customer in firm.customers}
    codes = {project.code for project in projects(firm)}
    for chat in firm.chats:
        assert chat.customer in customers
        assert chat.project is None or chat.project in codes
    bound = {(c.customer, c.audience) for c in firm.chats}
    assert {(code, "customer") for code in customers} <= bound


def test_nothing_is_there_twice(firm, messages, mails):
    told = [
        [member.ids["hook"] for member in firm.members] + list(contacts(firm)),
        [customer.code for customer in firm.customers],
        [project.code for project in projects(firm)],
        [chat.chat for chat in firm.chats],
        [phone for c in firm.customers for contact in c.contacts for phone in contact.phones],
        [message["id"] for message in messages],
        [mail.message_id for mail in mails],
        [names.normal(n) for c in firm.customers for n in (c.name, *c.aliases)],
    ]
    for values in told:
        assert len(values) == len(set(values))


def test_people_and_firms_are_invented(firm, mails):
    seen = [mail for member in firm.members for mail in member.emails]
    seen += [mail for c in firm.customers for contact in c.contacts for mail in contact.emails]
    seen += [one.address for mail in mails for one in (mail.sender, *mail.to, *mail.cc)]
    assert all(mail.endswith(".example") for mail in seen)
    phones = [phone for c in firm.customers for k in c.contacts for phone in k.phones]
    assert all(phone.startswith(("1380000", "+65 6000 0", "+44 20 7946 0")) for phone in phones)


@pytest.mark.parametrize("today", DAYS)
def test_the_story_moves_with_the_day_and_leaves_no_mark_unfilled(today):
    assert list(story.messages(today)) == list(story.messages(today))
    bodies = list(story.messages(today))
    times = [datetime.fromisoformat(body["sent_at"]) for body in bodies]
    assert times == sorted(times)
    assert today - times[0].date() == timedelta(days=90)
    assert today - times[-1].date() == timedelta(days=1)
    assert "{" not in "".join(body["text"] + body["sent_at"] for body in bodies)
    FirmIn.model_validate(story.firm(today))
    dates = [parse.parse(data).date for _, data in story.mails(today)]
    assert dates == sorted(dates)
    assert not any(b"{" in data for _, data in story.mails(today))


def test_every_message_is_a_body_that_the_hook_reads(messages):
    assert 350 <= len(messages) <= 460
    said = {}
    for message in messages:
        body = inbound.Body.model_validate(message)
        changed = body.edits or body.recalls
        if changed:
            assert said[changed] == (body.chat, body.sender.id)
        assert bool(body.text) is not bool(body.recalls)
        said[body.id] = (body.chat, body.sender.id)
    assert sum("edits" in message for message in messages) >= 4
    assert sum("recalls" in message for message in messages) >= 3


def test_members_and_customers_talk_in_every_bound_chat(firm, messages):
    members = {member.ids["hook"] for member in firm.members}
    said = defaultdict(set)
    for message in messages:
        said[message["chat"]].add(message["sender"]["id"] in members)
    for chat in firm.chats:
        assert said[chat.chat] == ({True} if chat.audience == "internal" else {True, False})


def test_both_languages_are_spoken(messages):
    spoken = Counter(language.detect(message["text"]) for message in messages)
    assert spoken["en"] >= 0.15 * len(messages)
    assert spoken["zh"] >= 0.6 * len(messages)
    assert spoken["mix"] >= 5


def moods(firm, messages, mails):
    """Customer → means of the last 7 days and of the 30 before, where both hold three or more."""
    of = contacts(firm)
    said = [
        (of.get(m["sender"]["id"]), datetime.fromisoformat(m["sent_at"]), m["text"])
        for m in messages
    ]
    said += [(of.get(mail.sender.address), mail.date, mail.new_text) for mail in mails]
    spans = defaultdict(lambda: ([], []))
    for code, at, text in said:
        mood = sentiment.score(text, language.detect(text))
        days = (OPENING - at) / timedelta(days=1)
        if code and mood.label != "unscored" and days < 37:
            spans[code][days >= 7].append(mood.score)
    return {
        code: tuple(sum(scores) / len(scores) for scores in both)
        for code, both in spans.items()
        if min(map(len, both)) >= 3
    }


def test_the_mood_of_one_customer_drops(firm, messages, mails):
    found = moods(firm, messages, mails)
    assert len(found) >= 4
    dropped = {code for code, (now, before) in found.items() if now < -0.05 and before - now >= 0.4}
    assert dropped == {"C-0005"}
    now, before = found["C-0005"]
    assert now < -0.5
    assert before > 0.2


def test_the_worked_examples_have_something_to_tell(firm):
    running = [project for project in projects(firm) if project.phase != "closed"]
    ahead = {
        project.code
        for project in running
        if project.spent / project.budget > 0.8 and project.progress < 70
    }
    assert ahead == {"P-0003", "P-0012"}
    late = {
        task.name: (TODAY - task.due).days
        for project in running
        for task in project.tasks
        if task.key and not task.done and (TODAY - task.due).days > 3
    }
    assert late == {"塔吊黑匣子协议对接": 9, "考勤断点续传修复": 5}
    assert {rule.id for rule in book.shipped()} >= {"key-task-late", "budget-ahead-of-progress"}


def directory_of(firm):
    """What the database would answer about the firm; ids are places in its lists."""
    found = Directory()
    place = {c.code: n for n, c in enumerate(firm.customers, 1)}
    numbers = {p.code: n for n, p in enumerate(projects(firm), 1)}
    for n, member in enumerate(firm.members, 1):
        for pair in [*member.ids.items(), *(("email", mail) for mail in member.emails)]:
            found.known[pair] = [Known(None, None, n, member.name)]
    found.own_domains = frozenset({"zhuyun.example"})
    for chat in firm.chats:
        project = numbers.get(chat.project or "")
        found.chats["hook", chat.chat] = Chat(1, place[chat.customer], project, chat.audience)
    for customer in firm.customers:
        id_ = place[customer.code]
        found.customers[id_] = (customer.code, customer.name)
        found.codes[customer.code] = (id_, None)
        for domain in customer.domains:
            found.domains[domain] = [id_]
        for contact in customer.contacts:
            pairs = [("email", mail) for mail in contact.emails] + list(contact.ids.items())
            pairs += [("phone", address("phone", phone)) for phone in contact.phones]
            for pair in pairs:
                found.known[pair] = [Known(id_, id_, None, contact.name)]
        forms = {names.normal(n) for n in (customer.name, *customer.aliases)}
        _name(found, id_, None, forms | set(names.shorter(customer.name)))
        for project in customer.projects:
            own = {names.normal(n) for n in (project.name, *project.aliases)}
            number = numbers[project.code]
            found.codes[project.code] = (id_, number)
            found.projects.setdefault(id_, []).append(
                KnownProject(
                    number, project.code, project.name, id_, project.phase != "closed", tuple(own)
                )
            )
            _name(found, id_, number, own)
    return found


def _name(found, customer, project, forms):
    for form in forms:
        name = Name(customer, project, form, "given")
        found.names.setdefault(names.head(form), []).append(name)
        if sound := names.sound(form):
            found.sounds.setdefault(sound, []).append(name)


def heard(found, question):
    """The directory with only the sounds that stand in this text, as a look-up would give."""
    windows = names.sound_windows(question.norm)
    sounds = {sound: found.sounds[sound] for sound in windows & found.sounds.keys()}
    fields = {name: getattr(found, name) for name in Directory.__slots__}
    return Directory(**fields | {"sounds": sounds})


def questions(messages, mails):
    """Key → what filing may know of each message and each mail."""
    for m in messages:
        if "edits" not in m and "recalls" not in m:
            senders = evidence.senders_of("hook", m["sender"]["id"])
            yield m["id"], evidence.Question(m["text"], "", "hook", senders, m["chat"])
    for mail in mails:
        sender, *recipients = (("email", one.address) for one in (mail.sender, *mail.to, *mail.cc))
        yield (
            mail.message_id,
            evidence.Question(
                mail.new_text,
                mail.subject,
                "email",
                (sender,),
                mail.sender.address,
                recipients=tuple(recipients),
            ),
        )


def test_nearly_all_files_itself_and_a_few_wait_in_doubt(firm, messages, mails):
    found = directory_of(firm)
    decided = {
        key: match.decide(question, heard(found, question))
        for key, question in questions(messages, mails)
    }
    counts = Counter(answer.decision for answer in decided.values())
    assert counts["ask"] == 4
    assert counts["stranger"] == 3
    of = contacts(firm)
    for m in messages:
        answer = decided.get(m["id"])
        if answer and answer.decision == "file" and m["sender"]["id"] in of:
            assert found.customers[answer.customer_id][0] == of[m["sender"]["id"]]
    filed = [answer for answer in decided.values() if answer.decision == "file"]
    assert sum(answer.project_id is not None for answer in filed) > 0.85 * len(filed)
    kelan = decided["<demo-08@yujian-mep.example>"]
    assert found.customers[kelan.customer_id][0] == "C-0007"
    assert "name" in kelan.because[0]


def test_mails_part_into_new_and_quoted(mails):
    assert 8 <= len(mails) <= 12
    assert all(mail.recognised and mail.new_text and mail.date for mail in mails)
    assert sum(bool(mail.quoted) for mail in mails) >= 7
    assert [file.name for mail in mails for file in mail.attachments] == ["camera-positions.csv"]
