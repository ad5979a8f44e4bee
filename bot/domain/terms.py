"""The trade's closed lists, with what people call their members in both languages."""

from enum import StrEnum

from bot.texts import Text


class Spoken(StrEnum):
    """A language that customers are written to in."""

    ZH = "zh"
    EN = "en"

    @property
    def text(self) -> Text:
        return {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}[self.value]


class Tier(StrEnum):
    """How much a customer matters."""

    VIP = "vip"
    KEY = "key"
    NORMAL = "normal"

    @property
    def text(self) -> Text:
        return {
            "vip": Text("VIP", "VIP"),
            "key": Text("重点", "key"),
            "normal": Text("普通", "normal"),
        }[self.value]


class Stage(StrEnum):
    """Where a customer stands in their life with the firm."""

    LEAD = "lead"
    OPPORTUNITY = "opportunity"
    DELIVERY = "delivery"
    AFTER_SALES = "after_sales"
    LOST = "lost"

    @property
    def text(self) -> Text:
        return {
            "lead": Text("线索", "lead"),
            "opportunity": Text("商机", "opportunity"),
            "delivery": Text("交付", "delivery"),
            "after_sales": Text("售后", "after-sales"),
            "lost": Text("流失", "lost"),
        }[self.value]


class Phase(StrEnum):
    """Where a project stands."""

    START = "start"
    PLAN = "plan"
    DO = "do"
    ACCEPT = "accept"
    PAID = "paid"
    CLOSED = "closed"

    @property
    def text(self) -> Text:
        return {
            "start": Text("立项", "start"),
            "plan": Text("计划", "plan"),
            "do": Text("执行", "execution"),
            "accept": Text("验收", "acceptance"),
            "paid": Text("回款", "payment"),
            "closed": Text("关闭", "closed"),
        }[self.value]


class Pushes(StrEnum):
    """When a project's customer is told of it."""

    ASK = "ask"
    MILESTONE = "milestone"
    OFF = "off"

    @property
    def text(self) -> Text:
        return {
            "ask": Text("每周", "weekly"),
            "milestone": Text("每周和里程碑", "weekly and at milestones"),
            "off": Text("不推送", "off"),
        }[self.value]


class Decision(StrEnum):
    """How an approval, and what it decides on, stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def text(self) -> Text:
        return {
            "waiting": Text("待批准", "waiting"),
            "approved": Text("已批准", "approved"),
            "refused": Text("已退回", "refused"),
            "withdrawn": Text("已撤回", "withdrawn"),
        }[self.value]


class TaskStage(StrEnum):
    """Where an open task stands on its project's board."""

    TODO = "todo"
    DOING = "doing"
    REVIEW = "review"

    @property
    def text(self) -> Text:
        return {
            "todo": Text("待办", "to do"),
            "doing": Text("进行中", "in progress"),
            "review": Text("待检查", "in review"),
        }[self.value]


class ProgressBy(StrEnum):
    """Where a project's progress comes from."""

    HAND = "hand"
    TASKS = "tasks"
    OUTSIDE = "outside"

    @property
    def text(self) -> Text:
        return {
            "hand": Text("手工", "by hand"),
            "tasks": Text("按任务", "from tasks"),
            "outside": Text("外部系统", "from outside"),
        }[self.value]


class ContactRole(StrEnum):
    """What a contact decides."""

    DECIDER = "decision_maker"
    USER = "user"
    FINANCE = "finance"

    @property
    def text(self) -> Text:
        return {
            "decision_maker": Text("决策人", "decision maker"),
            "user": Text("使用人", "user"),
            "finance": Text("财务", "finance"),
        }[self.value]


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNSCORED = "unscored"

    @property
    def text(self) -> Text:
        return {
            "negative": Text("负面", "negative"),
            "neutral": Text("中性", "neutral"),
            "positive": Text("正面", "positive"),
            "unscored": Text("未评分", "unscored"),
        }[self.value]

    @property
    def score(self) -> float:
        """What it counts as where a person or a model has told only the word."""
        return {"negative": -0.6, "positive": 0.6}.get(self.value, 0.0)

    @property
    def mark(self) -> str:
        return {"negative": "−", "neutral": "0", "positive": "+", "unscored": "·"}[self.value]


class Signal(StrEnum):
    COMPLAINT = "complaint"
    CHURN = "churn"
    PAYMENT = "payment"
    SCOPE = "scope"
    PRAISE = "praise"
    URGENCY = "urgency"

    @property
    def text(self) -> Text:
        return {
            "complaint": Text("投诉", "complaint"),
            "churn": Text("流失风险", "churn"),
            "payment": Text("付款", "payment"),
            "scope": Text("范围变更", "scope"),
            "praise": Text("表扬", "praise"),
            "urgency": Text("紧急", "urgency"),
        }[self.value]


class Kind(StrEnum):
    """Kinds of interactions, as the timeline calls them."""

    MESSAGE = "message"
    MAIL = "mail"
    CALL = "call"
    MEETING = "meeting"
    NOTE = "note"

    @property
    def text(self) -> Text:
        return {
            "message": Text("消息", "message"),
            "mail": Text("邮件", "mail"),
            "call": Text("通话", "call"),
            "meeting": Text("会议", "meeting"),
            "note": Text("内部备注", "internal note"),
        }[self.value]


class Status(StrEnum):
    """How an interaction's filing stands."""

    FILED = "filed"
    DOUBT = "doubt"
    STRANGER = "stranger"
    WAITING = "waiting_for_model"
    FAILED = "failed"

    @property
    def text(self) -> Text:
        return {
            "filed": Text("已归档", "filed"),
            "doubt": Text("待确认", "in doubt"),
            "stranger": Text("陌生人", "stranger"),
            "waiting_for_model": Text("等待语音模型", "waiting for a speech model"),
            "failed": Text("处理失败", "failed"),
        }[self.value]


class RiskLevel(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def text(self) -> Text:
        return {
            "high": Text("高", "high"),
            "medium": Text("中", "medium"),
            "low": Text("低", "low"),
        }[self.value]


class Severity(StrEnum):
    """Of a defect."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def text(self) -> Text:
        return {
            "minor": Text("轻微", "minor"),
            "major": Text("严重", "major"),
            "critical": Text("致命", "critical"),
        }[self.value]


EVENTS: dict[str, Text] = {
    "customer.made": Text("新建客户", "customer added"),
    "customer.edited": Text("修改客户：{what}", "customer edited: {what}"),
    "customer.service_level": Text(
        "服务等级：{before} → {after}", "service level: {before} → {after}"
    ),
    "customer.stage": Text("阶段：{before} → {after}", "stage: {before} → {after}"),
    "customer.tier": Text("等级：{before} → {after}", "tier: {before} → {after}"),
    "customer.tagged": Text("标签：{tags}", "tags: {tags}"),
    "customer.merged": Text("合并了 {other}", "merged with {other}"),
    "customer.unmerged": Text("撤销合并 {other}", "merge with {other} taken back"),
    "contact.made": Text("新增联系人 {name}", "contact {name} added"),
    "project.made": Text("新建项目 {code} {name}", "project {code} {name} added"),
    "project.phase": Text("项目阶段：{before} → {after}", "phase: {before} → {after}"),
    "project.started": Text("项目启动，已通知成员", "the project started, its people were told"),
    "project.progress": Text("进度：{before}% → {after}%", "progress: {before}% → {after}%"),
    "project.forced": Text(
        "未满足条件仍进入新阶段：{reason}", "phase entered regardless: {reason}"
    ),
    "project.planned": Text(
        "按模板「{template}」生成 {tasks} 个任务",
        "{tasks} tasks made from the template “{template}”",
    ),
    "project.cost": Text("登记一笔成本", "a cost was booked"),
    "project.budget": Text("调整预算", "the budget was changed"),
    "milestone.made": Text("新增里程碑 {name}（{due}）", "milestone {name} ({due}) added"),
    "milestone.done": Text("里程碑完成：{name}", "milestone done: {name}"),
    "task.made": Text("新建任务 T-{number} {name}", "task T-{number} {name} added"),
    "task.done": Text("任务完成：T-{number} {name}", "task done: T-{number} {name}"),
    "task.assigned": Text("任务 T-{number} 指派给 {who}", "task T-{number} assigned to {who}"),
    "task.due": Text(
        "任务 T-{number} 截止日期：{before} → {after}", "T-{number} due: {before} → {after}"
    ),
    "task.key": Text("任务 T-{number} 关键任务：{key}", "T-{number} key task: {key}"),
    "task.estimate": Text("任务 T-{number} 预估 {hours} 小时", "T-{number} estimated at {hours} h"),
    "task.stage": Text("任务 T-{number}：{before} → {after}", "T-{number}: {before} → {after}"),
    "task.waits": Text("T-{number} 须在 T-{after} 之后", "T-{number} waits for T-{after}"),
    "task.free": Text("T-{number} 不再等待 T-{after}", "T-{number} waits for T-{after} no more"),
    "task.check": Text("T-{number} 检查项：{text}", "T-{number} checklist: {text}"),
    "task.ticked": Text("T-{number} 已勾选：{text}", "T-{number} ticked: {text}"),
    "task.unticked": Text("T-{number} 取消勾选：{text}", "T-{number} unticked: {text}"),
    "task.guest": Text("T-{number} 交给供应商：{who}", "T-{number} given to the supplier: {who}"),
    "task.reported": Text(
        "供应商 {who} 报告完成 T-{number} {name}", "{who} (supplier) reports T-{number} {name} done"
    ),
    "guest.made": Text("新建访客 {name}", "{name} became a guest"),
    "guest.ended": Text("访客 {name} 的链接已结束", "the link of guest {name} was ended"),
    "interaction.filed": Text("人工归档 #{number}", "#{number} filed by hand"),
    "interaction.unfiled": Text("撤销归档 #{number}", "filing of #{number} taken back"),
    "alert.raised": Text("风险预警：{rule}", "risk alert: {rule}"),
    "change.asked": Text("变更申请 {number}：{title}", "change {number} asked for: {title}"),
    "change.approved": Text("变更 {number} 已批准：{title}", "change {number} approved: {title}"),
    "change.refused": Text("变更 {number} 未批准：{title}", "change {number} refused: {title}"),
    "change.withdrawn": Text("变更 {number} 已撤回：{title}", "change {number} withdrawn: {title}"),
    "risk.added": Text("登记风险 {number}：{title}", "risk {number} written down: {title}"),
    "risk.answered": Text("风险 {number} 有了应对：{title}", "risk {number} answered: {title}"),
    "risk.closed": Text("风险 {number} 已关闭：{title}", "risk {number} closed: {title}"),
    "defect.found": Text("发现缺陷 {number}：{title}", "defect {number} found: {title}"),
    "defect.fixed": Text("缺陷 {number} 已修复：{title}", "defect {number} fixed: {title}"),
    "deliverable.made": Text("登记交付物 {title}", "deliverable {title} written down"),
    "deliverable.accepted": Text("客户 {who} 验收了 {title}", "{who} accepted {title}"),
    "deliverable.refused": Text("客户 {who} 未接受 {title}", "{who} did not accept {title}"),
    "approval.decided": Text("审批「{title}」：{verdict}", "approval “{title}”: {verdict}"),
    "milestone.sent": Text("已向客户告知里程碑", "the customer was told of a milestone"),
    "payment.sent": Text("已向客户发送付款提醒", "the customer was reminded of a payment"),
    "care.sent": Text("已向客户发送关怀", "a word of care was sent to the customer"),
    "survey.sent": Text("已向客户发送满意度调查", "a survey was sent to the customer"),
    "closing.sent": Text("已向客户发送结项报告", "the closing report was sent to the customer"),
    "deliverable.sent": Text(
        "已请客户验收交付物", "the customer was asked to accept a deliverable"
    ),
    "report.sent": Text("已向客户发送服务报告", "a service report was sent to the customer"),
    "project.pushes": Text("客户推送：{pushes}", "words for the customer: {pushes}"),
    "survey.answered": Text(
        "客户评分 {kind} {score} {comment}", "the customer gave {kind} {score} {comment}"
    ),
    "survey.changed": Text(
        "客户补充评价 {kind} {score} {comment}", "the customer went on: {kind} {score} {comment}"
    ),
    "care.added": Text("新增关怀节点 {node}（{day}）", "care point {node} added ({day})"),
    "care.done": Text("完成关怀节点 {node}", "care point {node} done"),
    "care.skipped": Text("跳过关怀节点 {node}", "care point {node} skipped"),
    "contact.planned": Text("沟通计划：每 {days} 天", "contact planned every {days} days"),
    "lesson.made": Text("项目经验：{text}", "learnt: {text}"),
    "progress.sent": Text("已向客户发送进展 #{number}", "progress #{number} sent to the customer"),
    "chat.opened": Text(
        "有外部人员加入，群已转为客户群", "an outsider joined; the chat is customer-facing now"
    ),
    "case.opened": Text("登记工单 {number} {title}", "case {number} {title} opened"),
    "case.answered": Text("工单 {number} 已应答", "case {number} answered"),
    "case.waiting": Text("工单 {number} 等客户", "case {number} waits for the customer"),
    "case.resumed": Text("工单 {number} 继续处理", "case {number} goes on"),
    "case.solved": Text("工单 {number} 已解决：{title}", "case {number} solved: {title}"),
    "case.reopened": Text("工单 {number} 重开：{title}", "case {number} reopened: {title}"),
    "case.closed": Text("工单 {number} 已关闭", "case {number} closed"),
    "case.assigned": Text("工单 {number} 转交负责人", "case {number} has a new owner"),
    "case.late": Text("工单 {number} 超时：{title}", "case {number} is late: {title}"),
    "answer.late": Text("一条消息超时未答复", "a message was not answered in time"),
    "customer.handed": Text("负责人：{before} → {after}", "owner: {before} → {after}"),
    "project.handed": Text(
        "项目 {code} 的经理：{before} → {after}", "manager of {code}: {before} → {after}"
    ),
    "digest.sent": Text("已推送进度摘要", "progress digest sent"),
    "deal.made": Text("新建商机 D-{number} {name}", "chance D-{number} {name} added"),
    "deal.stage": Text("商机 D-{number} {name} 有进展", "chance D-{number} {name} moved on"),
    "deal.won": Text("赢单：D-{number} {name}", "won: D-{number} {name}"),
    "deal.lost": Text("输单：D-{number} {name}", "lost: D-{number} {name}"),
    "quote.made": Text("报价 {code} 第 {version} 版", "quote {code}, version {version}"),
    "quote.accepted": Text("客户接受报价 {code}", "quote {code} accepted"),
    "quote.refused": Text("报价 {code} 未成交", "quote {code} refused"),
    "contract.made": Text("起草合同 {code} {name}", "contract {code} {name} drafted"),
    "contract.asked": Text("合同 {code} {name} 提交审批", "contract {code} {name} put to approval"),
    "report.set": Text("设置客户报告：{template}", "customer report set: {template}"),
    "service.suggested": Text("建议调整服务等级", "another service level suggested"),
    "contract.signed": Text("合同 {code} {name} 已签署", "contract {code} {name} signed"),
    "contract.linked": Text("合同 {code} 归入 {project}", "contract {code} belongs to {project}"),
    "payment.planned": Text(
        "合同 {code} 的付款计划，共 {count} 期", "plan of contract {code}: {count} payments"
    ),
    "payment.received": Text("收到一笔款项", "a payment was received"),
    "payment.refunded": Text("退回一笔款项", "a payment was refunded"),
    "invoice.made": Text("开出发票 {number}", "invoice {number} issued"),
}
"""What the timeline says of events; facts stand in braces."""
