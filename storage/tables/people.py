"""Those who use the program: users, their roles, teams and sessions."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.columns import key, link, moment, money, words


class Role(SQLModel, table=True):
    """What a kind of user may see and do; rows are data, changed without code."""

    code: str = Field(primary_key=True)
    customers: str = "none"
    """Whose customers: all, own, project (those of one's projects), none."""
    projects: str = "none"
    """Which projects: all, own (of one's customers), member (managed or joined), none."""
    money: str = "none"
    """percent (of a budget), none."""
    talk: bool = False
    """May read what customers say."""
    permissions: list[str] = words()


class Team(SQLModel, table=True):
    id: int = key()
    name: str = Field(unique=True)
    superior_id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger, ForeignKey("user_account.id", use_alter=True, name="team_superior")
        ),
    )


class User(SQLModel, table=True):
    """A member of the firm."""

    __tablename__ = "user_account"

    id: int = key()
    name: str = Field(index=True, unique=True)
    roles: list[str] = words()
    superior_id: int | None = link("user_account", null=True)
    team_id: int | None = link("team", null=True)
    language: str | None = None
    timezone: str | None = None
    hours_a_week: Decimal = Field(
        default=Decimal(40), sa_column=Column(Numeric(5, 2), nullable=False)
    )
    hour_cost: Decimal | None = money(null=True)
    """What an hour of theirs costs the firm; hours without it cost a project nothing."""
    skills: list[str] = words()
    password_hash: str | None = None
    active: bool = True
    created_at: datetime = moment()


class LinkRequest(SQLModel, table=True):
    """Somebody on a platform who says that they are a member; an administrator decides."""

    __tablename__ = "link_request"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: int = key()
    channel: str
    address: str
    chat: str
    """Their private chat with the assistant."""
    name: str = ""
    email: str = ""
    phone: str = ""
    suggested_id: int | None = link("user_account", null=True, index=False)
    """The member whose mail or phone is the same."""
    user_id: int | None = link("user_account", null=True, index=False)
    """Who they turned out to be."""
    decided_by_id: int | None = link("user_account", null=True, index=False)
    refused: bool = False
    at: datetime = moment()
    decided_at: datetime | None = moment(null=True)


class Token(SQLModel, table=True):
    """A session or a one-time link; only the SHA-256 of its secret is kept."""

    hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str
    """session, first_admin, invite."""
    user_id: int | None = link("user_account", null=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)
