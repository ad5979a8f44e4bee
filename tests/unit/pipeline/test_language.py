import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pipeline import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("图纸收到了", "zh"),
        ("能不能再加一个导出Excel的功能？", "zh"),
        ("P23-001 的图纸在 https://files.example/very/long/english/path", "zh"),
        ("@Kevin.Li 请查收 plan_final.docx", "zh"),
        ("Please find attached the signed contract.", "en"),
        ("Please ask 王工 to call me back before the end of the day", "en"),
        ("OK", "en"),
        ("Thanks!", "en"),
        ("这个 feature 什么时候能 release？", "mix"),
        ("invoice 上的金额不对，please re-issue", "mix"),
        ("", "other"),
        (" \u200f\n", "other"),
        ("12345.67", "other"),
        ("🙂🙂", "other"),
        ("https://a.example/x", "other"),
        ("見積書をお送りします", "other"),
        ("견적서 보내주세요", "other"),
        ("Счёт оплачен вчера", "other"),
        ("تم دفع الفاتورة", "other"),
        ("ขอบคุณครับ", "other"),
        ("Wir haben die Rechnung noch nicht bekommen und bitten um Antwort", "other"),
        ("Nous avons bien reçu les plans, merci pour la livraison", "other"),
        ("ＡＳＡＰ please call back", "en"),
    ],
)
def test_the_language(text, expected):
    assert language.detect(text) == expected


@given(st.text(max_size=300))
def test_every_text_has_an_answer(text):
    assert language.detect(text) in {"zh", "en", "mix", "other"}
