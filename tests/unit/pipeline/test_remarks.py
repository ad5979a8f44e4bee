"""A customer's remark and the task that it speaks of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pipeline import remarks
from storage.remarks import OpenTask


def task(id_: int, name: str, project: int = 1, came_from: tuple[str, str] | None = None):
    return OpenTask(id_, name, project, 1, 7, came_from)


TASKS = [
    task(1, "安装塔吊监控摄像头"),
    task(2, "劳务实名制系统登录慢的问题排查"),
    task(3, "deliver the revised floor plan"),
    task(4, "整理竣工资料", came_from=("hook", "m-9")),
    task(5, "塔吊基础验收", project=2),
]


@pytest.mark.parametrize(
    ("words", "found", "state"),
    [
        ("塔吊监控摄像头又黑屏了", 1, "linked"),
        ("T-2 处理得怎么样了", 2, "linked"),
        ("实名制系统登录还是很慢，问题排查了吗", 2, "linked"),
        ("The revised floor plan looks wrong on page 2", 3, "linked"),
        ("塔吊那个摄像头装了没", 1, "proposed"),
        ("今天的会几点开始", None, None),
        ("好的谢谢", None, None),
        ("", None, None),
    ],
)
def test_words_find_their_task(words: str, found: int | None, state: str | None):
    remark = remarks.find(words, TASKS, project_id=1)
    assert (remark and remark.task.id, remark and remark.state) == (found, state)


def test_an_answer_to_the_words_a_task_came_from_is_about_it():
    remark = remarks.find("这个再催一下", TASKS, project_id=1, answers=("m-9",))
    assert remark is not None
    assert (remark.task.id, remark.state) == (4, "linked")


def test_two_tasks_alike_are_only_proposed():
    alike = [task(1, "更换东区摄像头"), task(2, "更换西区摄像头")]
    remark = remarks.find("更换摄像头的事有进展吗", alike, project_id=1)
    assert remark is None or remark.state == "proposed"


def test_a_number_that_is_no_task_of_this_customer_says_nothing():
    assert remarks.find("T-99 是什么", TASKS, project_id=1) is None


@given(st.text(max_size=300))
def test_it_never_raises_and_names_only_tasks_that_are_there(words: str):
    remark = remarks.find(words, TASKS, project_id=None)
    assert remark is None or (remark.task in TASKS and 0 < remark.sure <= 1)
