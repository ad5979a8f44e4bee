import time as t_
import pickle
from pathlib import Path
from datetime import time, date
from bot import demo
from bot.app import Program
from bot.domain import workdays
from tests import play, quarter
from tests.quarter import Clockwork, Moved, go_to, People

async def test_q(program: Program, monkeypatch):
    quarter.move_clock(monkeypatch)
    t0=t_.time()
    said = await quarter.talk(program)
    go_to(quarter.FIRST, time(8))
    await demo.prepare(program)
    clock = Clockwork.of(program)
    people = People(program, clock)
    waiting = list(said)
    deeds = quarter.story()
    for day in quarter.days():
        off = not workdays.china().is_workday(day)
        for at in (time(9, 40),) if off else ((time(2),) if day.weekday()==0 else ()) + (time(9, 40), time(16,5), time(17)):
            go_to(day, at)
            until = Moved.at
            events = [(m.sent_at, 0, m) for m in waiting if m.sent_at <= until] + [(d.at, 1, d) for d in deeds if d.at <= until]
            waiting = [m for m in waiting if m.sent_at > until]
            deeds = [d for d in deeds if d.at > until]
            for when, kind, what in sorted(events, key=lambda e: e[:2]):
                Moved.at = when
                await (people.do(what) if kind else play.file_all(program, what))
            go_to(day, at)
            if day != date(2026,11,11) or at==time(17):
              await clock.strike() if at != time(17) else None
            if at == time(9,40) and not off:
                go_to(day, time(10, 5)); await people.decide()
                if not date(2026,10,19) <= day <= date(2026,10,23): await people.acknowledge()
            if at == time(17):
                await people.decide()
                await people.work(day, but=["潮位数据源接入"])
    print("total",t_.time()-t0)
    rows = await play.rows(program, "select id,key,channel,chat,created_at,not_before,notice from outbox order by id")
    Path('/tmp/q.pkl').write_bytes(pickle.dumps(rows))
    print("\n".join(people.refused))
