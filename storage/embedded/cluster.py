"""A process's use of the data folder's PostgreSQL, from `open_cluster` to `Cluster.close`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from storage.embedded import creation, errors, locks, server
from storage.embedded.binaries import MAJOR, readable_by
from storage.embedded.errors import Words, told_plainly
from storage.embedded.place import Place, settle, start_lock


@dataclass(slots=True)
class Cluster:
    """A running database and our share in it.

    `url` is libpq's, with the password: not for logs. `notes` are for the person who started the
    program. `ensure` and `close` block; call both from the same thread.
    """

    url: str = field(repr=False)
    notes: list[Words]
    folder: Path
    programs: Path
    _place: Place = field(repr=False)
    _sockets: Path = field(repr=False)
    _use: int | None = field(repr=False)

    def ensure(self) -> bool:
        """Start the server again if it is gone; whether it had to be (microseconds if not).

        Raises EmbeddedError as `open_cluster` does, ValueError after `close`.
        """
        if self._use is None:
            raise ValueError("the cluster was closed")
        if server.answers(self._sockets):
            return False
        with told_plainly(self._place.root), locks.held(start_lock(self._place.data)):
            server.bring_up(self._place, self.programs)
        return True

    def close(self) -> None:
        """Give up our share; the last process to do so stops the server. May be called twice.

        Raises EmbeddedError (busy) when the server does not stop.
        """
        if self._use is None:
            return
        use, self._use = self._use, None
        try:
            with told_plainly(self._place.root), locks.held(start_lock(self._place.data)):
                if locks.taken(use):
                    server.stop(self._place)
        finally:
            os.close(use)


def open_cluster(data_dir: Path) -> Cluster:
    """The database of this data folder: made if there is none, started if it does not run.

    Blocks for a second at the first time, some 0.2 s later, longer after a crash. Any number of
    processes may do this with one folder. Raises EmbeddedError.
    """
    data = data_dir.absolute()
    with told_plainly(data), locks.held(start_lock(data)):
        place, notes = settle(data.resolve())
        programs = readable_by(place.account, place.root)
        _make_or_check(place, programs)
        use = locks.opened(place.users_lock)
        try:
            locks.taken(use, shared=True)  # never refused: only holders of the start lock want more
            sockets = server.bring_up(place, programs)
            url = _url(place, sockets)
        except BaseException:
            os.close(use)
            raise
    return Cluster(url, notes, place.cluster, programs, place, sockets, use)


def _make_or_check(place: Place, programs: Path) -> None:
    """Make the cluster where there is none; refuse one of another PostgreSQL."""
    try:
        found = (place.cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        creation.create(place, programs)
        return
    if found != str(MAJOR):
        raise errors.wrong_version(place.cluster, found, MAJOR)


def _url(place: Place, sockets: Path) -> str:
    password = (place.cluster / "password").read_text(encoding="utf-8").strip()
    where = quote(str(sockets), safe="/")
    return f"postgresql://{creation.ROLE}:{password}@/{creation.DATABASE}?host={where}"
