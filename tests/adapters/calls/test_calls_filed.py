"""From the folder and from the webhook's address to the customer's record, with nothing in between faked."""

import json
from pathlib import Path

from aiohttp import web

from adapters.calls import adapter as calls
from adapters.calls import inbound
from adapters.calls.folder import Watch
from bot.app import Program
from bot.contract import ChannelName
from tests import play
from tests.adapters.calls.telephone import call, wav
from tests.contract.harness import serving

SQL = """SELECT i.kind, i.status, c.code AS customer, a.name, a.type, a.sha256
         FROM interaction i JOIN attachment a ON a.interaction_id = i.id
         LEFT JOIN customer c ON c.id = i.customer_id ORDER BY i.id"""


async def test_a_file_is_filed_with_its_customer_and_waits_for_a_model(
    loaded: Program, tmp_path: Path
):
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "20261120-140322_13800001111_6021.wav").write_bytes(wav())
    (folder / "b.txt").write_bytes(b"x")
    for _ in range(2):
        watch = Watch(folder, None, loaded.ports)
        for _ in range(4):
            await watch._round()
        await play.file_all(loaded)
    [row] = await play.rows(loaded, SQL)
    assert (row["kind"], row["status"], row["customer"]) == ("call", "waiting_for_model", "C-0001")
    assert loaded.media.path(row["sha256"]).read_bytes() == wav()
    [refused] = await play.rows(loaded, "SELECT channel, raw, why FROM reject")
    assert (refused["channel"], bytes(refused["raw"])) == ("calls", b"b.txt")


async def test_a_recording_by_its_address_is_fetched_and_waits_for_a_model(loaded: Program):
    async def give(_: web.Request) -> web.Response:
        return web.Response(body=wav(), content_type="audio/wav")

    async with serving(web.get("/rec", give)) as there:
        loaded.adapters[ChannelName("calls")] = calls.build({"hosts": [there]}, loaded.ports)
        body = inbound.read(json.dumps(call(url=f"{there}/rec?id=5")).encode())
        await play.file_all(loaded, inbound.to_message(body, b""))
        [before] = await play.rows(loaded, SQL)
        assert (before["status"], before["customer"]) == ("waiting_for_model", "C-0001")
        [row] = await play.rows(loaded, "SELECT id FROM attachment")
        await loaded.fetcher.run(row["id"])
    [after] = await play.rows(loaded, SQL)
    assert (after["type"], after["status"]) == ("audio/wav", "waiting_for_model")
    assert loaded.media.path(after["sha256"]).read_bytes() == wav()
