"""Models are asked in one place: what of people they get to see, and what callers get back."""

from typing import Any

import pytest

from bot import prompting
from bot.contract import Answer, Asked, Call, Heard, NoModel, Tool

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}
TOOL = Tool(
    "dial", "Call 13900002222.", {"type": "object", "properties": {"who": {"enum": ["王芳"]}}}
)
ASKED = Asked("draft", "Sign as 王芳.", "王芳：请打 13800001111", SCHEMA, (TOOL,), user_id=7)


class Model:
    """Answers what it is told, and says a text piece by piece."""

    on = True

    def __init__(self, answer: Answer | None, says: str = "", *, masks: bool = True) -> None:
        self.answer = answer
        self.masks = masks
        self.says = says
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        self.asked.append(asked)
        if heard is not None:
            for end in range(1, len(self.says) + 1):
                heard(self.says[:end])
        if self.answer is None:
            raise NoModel("none")
        return self.answer


async def test_a_model_that_masks_sees_no_people():
    model = Model(Answer({"text": "[name-1]，请拨 [phone-2]"}, "m", 3))
    answer = await prompting.put(model, ASKED, names=["王芳"])
    [seen] = model.asked
    assert (seen.system, seen.data) == ("Sign as [name-1].", "[name-1]：请打 [phone-1]")
    assert seen.tools[0].text == "Call [phone-2]."
    assert seen.tools[0].parameters["properties"]["who"] == {"enum": ["[name-1]"]}
    assert (seen.purpose, seen.schema, seen.user_id) == ("draft", SCHEMA, 7)
    assert answer == Answer({"text": "王芳，请拨 13900002222"}, "m", 3)


async def test_arguments_of_a_call_have_the_words_back():
    model = Model(Answer({}, "m", 3, Call("dial", {"who": "[name-1]", "more": ["[phone-1]"]})))
    answer = await prompting.put(model, ASKED, names=["王芳"])
    assert answer.call == Call("dial", {"who": "王芳", "more": ["13800001111"]})


@pytest.mark.parametrize("says", ["拨 [phone-1] 找 [name-1]", "拨 [phone-1] 找 [name-1] [注"])
async def test_what_is_heard_has_the_words_back(says: str):
    heard: list[str] = []
    model = Model(Answer({"text": "x"}, "m", 3), says)
    await prompting.put(model, ASKED, names=["王芳"], heard=heard.append)
    whole = says.replace("[phone-1]", "13800001111").replace("[name-1]", "王芳")
    assert heard[-1] == whole
    assert all(whole.startswith(one) for one in heard)
    assert len(heard) == len(set(heard))


async def test_a_model_that_masks_nothing_sees_all():
    heard: list[str] = []
    model = Model(Answer({"text": "[phone-1]"}, "m", 3), "好", masks=False)
    answer = await prompting.put(model, ASKED, names=["王芳"], heard=heard.append)
    assert model.asked == [ASKED]
    assert (answer.value, heard) == ({"text": "[phone-1]"}, ["好"])


@pytest.mark.parametrize("masks", [True, False])
async def test_no_model_is_no_model(masks: bool):
    with pytest.raises(NoModel):
        await prompting.put(Model(None, masks=masks), ASKED)
