"""What alerts say. Money never appears here: project managers may see percentages only."""

from dataclasses import dataclass
from typing import Final

from bot.texts import Text


@dataclass(frozen=True, slots=True)
class Template:
    name: Text
    """What the alert is called in lists."""
    title: Text
    body: Text


TEMPLATES: Final[dict[str, Template]] = {
    "key_task_late": Template(
        Text("关键任务逾期", "key task late"),
        Text("关键任务逾期 {days_late} 天", "Key task {days_late} days late"),
        Text(
            "项目 {project} 的关键任务「{task}」应于 {due} 完成，现已逾期 {days_late} 天。负责人：{assignee}。",
            "The key task “{task}” of {project} was due on {due} and is {days_late} days late."
            " Assignee: {assignee}.",
        ),
    ),
    "budget_ahead": Template(
        Text("预算快于进度", "budget ahead of progress"),
        Text("预算消耗快于进度", "Budget runs ahead of progress"),
        Text(
            "项目 {project} 的预算已使用 {budget_used}，进度只有 {progress}。",
            "{project} has used {budget_used} of its budget while only {progress} is done.",
        ),
    ),
    "mood_drop": Template(
        Text("情绪下降", "mood drop"),
        Text("客户情绪下降", "The customer's mood has dropped"),
        Text(
            "客户 {customer} 近 7 天的平均情绪为 {mood}，比之前 30 天下降 {mood_drop}。",
            "The mood of {customer} over the last 7 days is {mood}, down {mood_drop} from the 30 days"
            " before.",
        ),
    ),
    "may_leave": Template(
        Text("可能流失", "may leave"),
        Text("客户可能流失", "The customer may leave"),
        Text(
            "客户 {customer} 的一条新消息带有流失信号。依据：「{because}」",
            "A new message of {customer} signals that they may leave. Because: “{because}”",
        ),
    ),
    "vip_complaint": Template(
        Text("VIP 投诉", "VIP complaint"),
        Text("VIP 客户投诉", "A VIP customer complains"),
        Text(
            "VIP 客户 {customer} 的一条新消息带有投诉信号。依据：「{because}」",
            "A new message of the VIP customer {customer} is a complaint. Because: “{because}”",
        ),
    ),
}
