import time as t_
import pytest
from datetime import time
from bot import demo
from bot.app import Program
from tests import play, quarter
from tests.quarter import Clockwork, Moved, go_to

async def test_q(program: Program, monkeypatch):
    quarter.move_clock(monkeypatch)
    t0=t_.time()
    said = await quarter.talk(program)
    print(len(said), said[0].sent_at, said[-1].sent_at, t_.time()-t0)
    go_to(quarter.FIRST, time(8))
    await demo.prepare(program)
    print(await play.rows(program, "select code, language from customer limit 3"), await play.rows(program,"select name, language, created_at from user_account"))
    clock = Clockwork.of(program)
    spent = {}
    jobs=[]
    for one in clock.jobs:
        async def run(slot, one=one):
            b=t_.time(); await one.run(slot); s=spent.setdefault(one.name,[0,0]); s[0]+=t_.time()-b; s[1]+=1
        jobs.append(one._replace(run=run))
    clock.jobs=jobs
    waiting = list(said)
    tt=0
    for day in quarter.days():
        for at in quarter.SLOTS:
            go_to(day, at)
            now_ = []
            while waiting and waiting[0].sent_at <= Moved.at: now_.append(waiting.pop(0))
            b=t_.time()
            if now_: await play.file_all(program, *now_)
            tt+=t_.time()-b
            await clock.strike()
    print("filing",tt,"total",t_.time()-t0)
    for k,v in sorted(spent.items(), key=lambda x:-x[1][0]): print(k,v)
    rows = await play.rows(program, "select split_part(key,':',1) k, count(*) n from outbox group by 1 order by 2 desc")
    for r in rows: print(r)
    print(await play.rows(program, "select event, count(*) from (select name as event from event) e group by 1 order by 2 desc"))
    import pickle
    rows = await play.rows(program, "select id,key,channel,chat,created_at,not_before,notice from outbox order by id")
    from pathlib import Path; Path('/tmp/q.pkl').write_bytes(pickle.dumps(rows))
