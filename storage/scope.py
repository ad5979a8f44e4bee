"""Which rows and fields a person may see: a value that every query on people's data takes.

The filter is part of the SQL from the start, so that lists, search, digests and exports cannot
show what a card would refuse.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlmodel import col

from storage.tables import Customer, Interaction, Project, ProjectMember, Task, TaskTalk

Customers = Literal["all", "own", "project", "none"]
Projects = Literal["all", "own", "member", "none"]
Money = Literal["amount", "percent", "none"]


MONEY: Final[dict[str, int]] = {"none": 0, "percent": 1, "amount": 2}
"""How much of money may be seen, the least first."""


def covers(allowed: str, needed: str) -> bool:
    """Whether who may see so much of money may see what needs so much."""
    return MONEY[allowed] >= MONEY[needed]


def up_to(money: str) -> list[str]:
    """All that may be shown to who may see so much."""
    return [name for name in MONEY if covers(money, name)]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see. `grants` holds one (customers, projects) pair per role."""

    user_id: int | None
    grants: frozenset[tuple[Customers, Projects]] = frozenset()
    money: Money = "none"
    talk: bool = False
    """May read what customers say."""

    @classmethod
    def everything(cls) -> Self:
        """The program's own: jobs that watch the whole firm."""
        return cls(None, frozenset({("all", "all")}), "amount", talk=True)

    def plus(self, customers: Customers, projects: Projects, money: Money, *, talk: bool) -> Self:
        """The scope widened by a role."""
        return replace(
            self,
            grants=self.grants | {(customers, projects)},
            money=max(self.money, money, key=MONEY.__getitem__),
            talk=self.talk or talk,
        )

    def sees(self, money: Money) -> bool:
        """Whether so much of money may be shown."""
        return covers(self.money, money)

    def customers(self) -> ColumnElement[bool]:
        """Condition on `Customer`: the rows this person may see."""
        return _any([self._customers(kind) for kind, _ in self.grants])

    def projects(self) -> ColumnElement[bool]:
        """Condition on `Project`: the rows this person may see."""
        return _any([self._projects(kind) for _, kind in self.grants])

    def interactions(self) -> ColumnElement[bool]:
        """Condition on `Interaction`: of what may be seen, where talk may be read.

        What is filed nowhere yet (doubts, strangers) is seen by whoever sees all customers.
        """
        if not self.talk:
            return false()
        if self.sees_all_customers:
            return true()
        return and_(
            col(Interaction.customer_id).is_not(None),
            or_(
                col(Interaction.customer_id).in_(
                    select(col(Customer.id)).where(self.open_customers())
                ),
                col(Interaction.project_id).in_(select(col(Project.id)).where(self.projects())),
                col(Interaction.id).in_(self._spoken_of()),
            ),
        )

    def _spoken_of(self) -> Select[int]:
        """Talk that is tied to a task of a project that may be seen, wherever it was filed."""
        return (
            select(col(TaskTalk.interaction_id))
            .join(Task, col(Task.id) == col(TaskTalk.task_id))
            .join(Project, col(Project.id) == col(Task.project_id))
            .where(col(TaskTalk.state) == "linked", self.projects())
        )

    def open_customers(self) -> ColumnElement[bool]:
        """Condition on `Customer`: those all of whose talk is open, not only that of one's projects."""
        return _any([self._customers(kind) for kind, _ in self.grants if kind in {"all", "own"}])

    @property
    def sees_all_customers(self) -> bool:
        return any(kind == "all" for kind, _ in self.grants)

    def _customers(self, kind: Customers) -> ColumnElement[bool]:
        if kind == "all":
            return true()
        if kind == "own":
            return col(Customer.owner_id) == self.user_id
        if kind == "project":
            return col(Customer.id).in_(
                select(col(Project.customer_id)).where(self._projects("member"))
            )
        return false()

    def _projects(self, kind: Projects) -> ColumnElement[bool]:
        if kind == "all":
            return true()
        if kind == "own":
            return col(Project.customer_id).in_(
                select(col(Customer.id)).where(col(Customer.owner_id) == self.user_id)
            )
        if kind == "member":
            joined = select(col(ProjectMember.project_id)).where(
                col(ProjectMember.user_id) == self.user_id
            )
            return or_(col(Project.manager_id) == self.user_id, col(Project.id).in_(joined))
        return false()


def _any(conditions: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    return or_(*conditions) if conditions else false()
