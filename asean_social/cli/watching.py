"""Says what happens while it happens: a line per change of state; on a terminal also a bar per upload."""

import sys
from typing import TYPE_CHECKING, Any

from asean_social.cli.app import Screen
from asean_social.cli.faults import keep
from asean_social.cli.showing import STATE_STYLES, why
from asean_social.follow_ups import DISCARD
from asean_social.states import State

if TYPE_CHECKING:
    from asean_social.errors import LedgerError
    from asean_social.follow_ups import End
    from asean_social.records import Delivery

LARGE = 10 << 20  # bytes; from here on a log without a terminal tells of an upload's progress


class Watcher:
    """Called from the lanes' threads."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._bars = _bars(screen) if sys.stderr.isatty() else None
        self.faults: list[Exception] = []
        self._hindrance = ""  # the last one told
        self._uploads: dict[str, Any] = {}  # by delivery: the bar, or the tenths told so far

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()

    def moved(self, delivery: "Delivery", old: State) -> None:
        del old
        self._hindrance = ""
        language = self._screen.language
        when = delivery.updated_at.astimezone(language.zone).strftime("%d/%m %H:%M:%S")
        state = language.say(f"state.{delivery.state}")
        more = delivery.url if delivery.state == State.PUBLISHED else ""
        more = more or why(self._screen, delivery)
        self._line(when, delivery, state, STATE_STYLES.get(delivery.state, ""), more)

    def followed(self, delivery: "Delivery", kind: str, end: "End") -> None:
        """Only what came to an end: a broadcast may wait for its hour for days."""
        if kind == DISCARD or end.state in ("waiting", "doing"):
            return
        language = self._screen.language
        when = end.resume_at.astimezone(language.zone).strftime("%d/%m %H:%M:%S")
        more = language.say(end.reason, **end.why) if end.reason else ""
        state = f"{language.say(f'after.{kind}')}: {language.say(f'follow-up.state.{end.state}')}"
        self._line(when, delivery, state, "green" if end.state == "done" else "red", more)

    def _line(self, when: str, delivery: "Delivery", state: str, style: str, more: str) -> None:
        name = f"{delivery.channel:<8}  {delivery.post:<24}"
        if self._bars is None:
            self._screen.note(f"{when}  {name}  {state}  {more}".rstrip())
            return
        from rich.text import Text

        line = Text.assemble(
            (when, "dim"),
            "  ",
            name,
            "  ",
            (f"{state:<14}", style),
            " ",
            (more, "dim"),
        )
        self._bars.console.print(line, soft_wrap=True)

    def progress(self, delivery: "Delivery", sent: int, size: int) -> None:
        if self._bars is None:
            self._tell(delivery, sent, size)
            return
        bar = self._uploads.get(delivery.key)
        if bar is None:
            self._bars.start()
            bar = self._bars.add_task(f"{delivery.channel} {delivery.post}", total=size)
            self._uploads[delivery.key] = bar
        self._bars.update(bar, completed=sent)
        if sent >= size:
            self._bars.remove_task(self._uploads.pop(delivery.key))

    def fault(self, delivery: "Delivery", error: Exception) -> None:
        self.faults.append(error)
        kind = f"{type(error).__name__}, {delivery.key}"
        self._screen.note(self._screen.language.say("screen.bug", file=str(keep(error)), kind=kind))

    def hindered(self, error: "LedgerError") -> None:
        if error.code != self._hindrance:
            self._hindrance = error.code
            self._screen.note(self._screen.language.say("ledger.hindered", cause=error.code, **error.values))

    def _tell(self, delivery: "Delivery", sent: int, size: int) -> None:
        tenth = sent * 10 // max(size, 1)
        if size < LARGE or self._uploads.get(delivery.key) == tenth:
            return
        self._uploads[delivery.key] = tenth
        language = self._screen.language
        amount = f"{language.size(sent)} / {language.size(size)}"
        self._screen.note(f"{'':16}{delivery.channel:<8}  {delivery.post:<24}  {tenth * 10:>3} %  {amount}")


def _bars(screen: Screen) -> Any:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=screen.console(stderr=True), transient=True)
