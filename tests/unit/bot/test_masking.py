"""Masked recordings: nobody's words, names or numbers, the same shape and the same links."""

import orjson
import pytest

from bot.masking import mask

KEY = b"k" * 32
FEISHU = orjson.dumps(
    {
        "schema": "2.0",
        "header": {"event_type": "im.message.receive_v1", "create_time": "1700000000000"},
        "event": {
            "sender": {"sender_id": {"open_id": "ou_84aad35d084aa403a838cf73ee18467"}},
            "message": {
                "message_id": "om_5ce6d572455d361153b7cb51da133945",
                "message_type": "text",
                "content": '{"text":"@_user_1 王芳的电话是13800138000，邮箱 wang@huajian.example"}',
                "mentions": [{"key": "@_user_1", "name": "Tom Smith"}],
            },
        },
    }
)
XML = (
    "<xml><ToUserName>ww1234567890abcdef</ToUserName><MsgType>text</MsgType>"
    "<Content>验收定在 11 月 20 日</Content><MsgId>4561255354251345929</MsgId></xml>"
).encode()


@pytest.mark.parametrize("raw", [FEISHU, XML])
def test_words_and_names_are_gone_and_types_stay(raw: bytes):
    said = mask(raw, KEY).decode()
    for secret in ("王芳", "13800138000", "wang@", "Tom", "验收", "ww1234567890abcdef", "ou_84aad"):
        assert secret not in said
    for kept in ("im.message.receive_v1", "text"):
        assert (kept in raw.decode()) == (kept in said)


def test_the_shape_is_the_same_and_what_is_nested_too():
    made = orjson.loads(mask(FEISHU, KEY))
    assert made["event"]["message"]["message_type"] == "text"
    assert orjson.loads(made["event"]["message"]["content"])["text"].startswith("@_user_1 某某")
    assert made["event"]["message"]["message_id"].startswith("om_")
    assert made["header"]["create_time"] == "1700000000000"


def test_an_id_is_always_replaced_by_the_same():
    first = orjson.loads(mask(b'{"id":"om_5ce6d572455d36","reply":"om_5ce6d572455d36"}', KEY))
    again = orjson.loads(mask(b'{"parent":"om_5ce6d572455d36"}', KEY))
    assert first["id"] == first["reply"] == again["parent"]
    assert len(first["id"]) == len("om_5ce6d572455d36")
    assert mask(b'{"id":"om_5ce6d572455d36"}', b"other" * 7) != mask(
        b'{"id":"om_5ce6d572455d36"}', KEY
    )


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"not anything", b"<!DOCTYPE x><a>"])
def test_what_is_neither_json_nor_xml_is_only_counted(raw: bytes):
    assert mask(raw, KEY) == b"%d bytes" % len(raw)
