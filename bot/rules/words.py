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
    "trouble_together": Template(
        Text("情绪、回款、变更同时出问题", "mood, money and scope together"),
        Text("客户多项风险同时出现", "Several things go wrong with the customer"),
        Text(
            "客户 {customer} 情绪下降、回款逾期、需求频繁变更，三项同时出现。",
            "{customer}: mood has dropped, a payment is overdue and scope keeps changing, all at once.",
        ),
    ),
    "payment_overdue": Template(
        Text("回款逾期", "payment overdue"),
        Text("回款逾期 {overdue_days} 天", "A payment is overdue (days: {overdue_days})"),
        Text(
            "客户 {customer} 有回款已逾期 {overdue_days} 天。",
            "A payment of {customer} is overdue. Days: {overdue_days}.",
        ),
    ),
    "scope_churn": Template(
        Text("需求频繁变更", "scope keeps changing"),
        Text("客户频繁提出变更", "The customer keeps changing the scope"),
        Text(
            "客户 {customer} 近 30 天内提出范围变更 {scope_changes_30d} 次。",
            "{customer} asked for changes of scope in 30 days. Times: {scope_changes_30d}.",
        ),
    ),
    "contract_signed": Template(
        Text("合同已签订", "contract signed"),
        Text("合同已签订", "A contract is signed"),
        Text(
            "客户 {customer} 的合同已签订，可以安排启动。",
            "A contract with {customer} is signed; the start can be planned.",
        ),
    ),
    "slip": Template(
        Text("预计延期", "forecast slips"),
        Text(
            "项目预计晚 {forecast_slip} 天",
            "The project is forecast to slip (days: {forecast_slip})",
        ),
        Text(
            "按目前进展，项目 {project} 预计比计划晚 {forecast_slip} 天。",
            "As things go, {project} will be done later than planned. Days: {forecast_slip}.",
        ),
    ),
    "high_risk_late": Template(
        Text("高风险未应对", "high risk not answered"),
        Text("高风险的应对已过期", "The answer to a high risk is past its day"),
        Text(
            "项目 {project} 有 {late_high_risks} 项高风险已过应对日期仍未关闭。",
            "{project} has open high risks past their day. Count: {late_high_risks}.",
        ),
    ),
}
