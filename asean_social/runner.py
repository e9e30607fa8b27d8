"""The runner: wakes when a step is due, claims it, does it, records it.

Per account one staging lane and one release lane, each in a thread of its own: a release never waits for an upload.
`forever` is woken by APScheduler, which is the clock and stores nothing; `once` is for cron and the Windows Task
Scheduler and does one pass. Any number of runners may work on one ledger.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from asean_social.clock import Clock
from asean_social.desk import Desk
from asean_social.errors import LedgerError, PublishError, UserError
from asean_social.ledger import Ledger
from asean_social.publishers.http import unguarded, unheard
from asean_social.records import POLL_LANE, RELEASE_LANE, STAGE_LANE
from asean_social.sync import Scope
from asean_social.timekeeping import Off, Watch

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

LANES = (RELEASE_LANE, POLL_LANE, STAGE_LANE)
FOLLOW_UP, CARE = ("", "", "follow-up"), ("", "", "care")

TICK = timedelta(
    seconds=15
)  # at least this often: rows of another process, a suspended laptop, a moved clock
SYNC_EVERY = timedelta(seconds=30)  # how often campaign files are looked at
CARE_EVERY = timedelta(minutes=5)  # how often paused accounts and idle tokens are looked at
LEAVE = 8.0  # seconds a stop waits for requests that are under way; their lanes end with the process
BACK = timedelta(seconds=2)  # a clock that goes back by more was set
PASSING = frozenset({"ledger.locked", "ledger.disk-full"})  # a runner that stays outlives these
NAP = 0.05  # seconds between two looks at lanes that are running

Account = tuple[str, str]  # (platform, name)
Lane = tuple[str, str, str]  # (platform, name, lane)

_log = logging.getLogger("asean_social")


class Runner:
    """`sync` reads the campaign files into the ledger; it must not raise for what a person wrote.
    `renew` keeps the tokens of an account alive. `off` asks how much later it is at the platforms.
    """

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        sync: Callable[[], Scope],
        renew: Callable[[Account], None],
        clock: Clock,
        off: Off = lambda: None,
    ) -> None:
        self.ledger, self.desk, self.clock = ledger, desk, clock
        self._sync, self._renew, self._off = sync, renew, off
        self._watch: Watch | None = None  # while running for ever
        self.scope = Scope(frozenset(), (), ())
        self.failed: BaseException | None = None
        self._wake_at: Callable[[datetime], object] | None = None  # while running for ever
        self._lanes: dict[Lane, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._uploads = threading.Semaphore(desk.policy.workers)

    # -- one pass ------------------------------------------------------------------------------------------------

    def once(self, patience: float) -> Scope:
        """Stage and release everything due now; wait at most `patience` seconds for what the platforms still do."""
        deadline = self.clock.now() + timedelta(seconds=patience)
        self.sync()
        try:
            self.care()
            self.drain(deadline)
            if self.ledger.taken_back(self.scope.campaigns):
                self.sync()
                self.drain(deadline)
        finally:
            self.leave()
        return self.scope

    def drain(self, deadline: datetime) -> None:
        """Work until nothing is due and nothing under way can go on before `deadline`."""
        while not self._stopping.is_set():
            self._pump()
            self._wait_for_lanes()
            now = self.clock.now()
            due = self.ledger.next_due(self.scope.campaigns, now, self.desk.claimer, begun=True)
            soon = self.ledger.next_due(self.scope.campaigns, now, self.desk.claimer)
            if soon is not None and soon <= now:
                continue  # a lane has brought it about
            if due is None or due > deadline:
                return
            # not longer than a tick: the clock may be set back meanwhile
            self.clock.pause(min(max((due - now).total_seconds(), NAP), TICK.total_seconds()))

    def _wait_for_lanes(self) -> None:
        while not self._stopping.is_set() and (running := self.running()):
            running[0].join(NAP)
        self._raise_failure()

    # -- for ever ------------------------------------------------------------------------------------------------

    def forever(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        duties = (
            ("deliver", self._deliver, TICK),
            ("sync", self._sync_and_deliver, SYNC_EVERY),
            ("care", lambda: self._start(CARE), CARE_EVERY),
        )
        for name, action, every in duties:
            scheduler.add_job(self._guarded(action), "interval", seconds=every.total_seconds(), id=name)
        self._wake_at = lambda when: scheduler.modify_job("deliver", next_run_time=when)
        self._watch = Watch(self.clock, self._off)
        self.sync()
        scheduler.start()
        try:
            self._start(CARE)
            self._deliver()
            while not self._stopping.is_set():
                self.clock.pause(0.5)
                _follow_clock(scheduler, {name: every for name, _, every in duties})
            self._raise_failure()
        finally:
            self.leave()
            # its jobs are short. Waiting for them it would hold the lock that one of them wants to set its next hour
            scheduler.shutdown(wait=False)

    def _deliver(self) -> None:
        self._pump()
        self._arm()

    def _sync_and_deliver(self) -> None:
        self.sync()
        self._deliver()

    def _arm(self) -> None:
        """Wake again at the next due step; a lane that ends may have brought it nearer."""
        if self._wake_at is None or not self._may_begin():
            return  # while the clock is wrong, its ticks suffice
        now = self.clock.now()
        due = self.ledger.next_due(self.scope.campaigns, now, self.desk.claimer)
        if due is not None:
            # what is due but was not taken (another runner holds it) is looked at again in a moment, not at once
            wait = min(max(due - now, timedelta(seconds=0.2) if due <= now else timedelta()), TICK)
            self._wake_at(datetime.now(UTC) + wait)

    def _guarded(self, action: Callable[..., None], *args: object) -> Callable[[], None]:
        def run() -> None:
            try:
                action(*args)
            except LedgerError as error:
                if self._wake_at is None or error.code not in PASSING:
                    self._fail(error)
                else:  # nothing was sent that could not be recorded before; the next tick tries again
                    self.desk.listener.hindered(error)
            except BaseException as error:  # noqa: BLE001 -- the tick: it is kept and ends the runner in its own thread
                self._fail(error)

        return run

    # -- lanes ---------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start a thread for each lane that is not running; a lane with nothing due ends at once."""
        for account in self.ledger.accounts(self.scope.campaigns):
            for lane in LANES:
                self._start((*account, lane))
        self._start(FOLLOW_UP)

    def _start(self, lane: Lane) -> None:
        with self._lock:
            running = self._lanes.get(lane)
            if self._stopping.is_set() or (running is not None and running.is_alive()):
                return
            # a daemon: a request that hangs must not keep a stopped process alive; its lease runs out
            thread = threading.Thread(
                target=self._guarded(self._lane, lane), name="/".join(lane), daemon=True
            )
            self._lanes[lane] = thread
            thread.start()

    def _lane(self, lane: Lane) -> None:
        platform, account, kind = lane
        if lane == CARE:
            self._care()
        elif lane == FOLLOW_UP:
            while self._may_begin() and self.desk.follow_up():
                pass
        elif kind == STAGE_LANE:
            with self._uploads:
                self._work((platform, account), kind)
        else:
            self._work((platform, account), kind)
        self._arm()

    def _work(self, account: Account, lane: str) -> None:
        while self._may_begin() and self.desk.work(account, lane, self.scope.campaigns):
            pass

    def _may_begin(self) -> bool:
        return not self._stopping.is_set() and (self._watch is None or self._watch.right())

    def running(self) -> list[threading.Thread]:
        with self._lock:
            return [one for one in self._lanes.values() if one.is_alive()]

    # -- other duties --------------------------------------------------------------------------------------------

    def sync(self) -> None:
        self.ledger.database.still_there()
        self.scope = self._sync()

    def care(self) -> None:
        """Keep tokens alive, and try each paused account: one that works again goes on."""
        self._start(CARE)
        self._wait_for_lanes()

    def _care(self) -> None:
        for used in self.ledger.accounts(self.scope.campaigns):
            self._try(self._renew, used)
        for hold in self.ledger.holds():
            if hold.who:
                continue  # a person lifts it
            if hold.until is not None:
                if hold.until <= self.clock.now():
                    self.ledger.lift(hold.value, self.clock.now())
                continue
            platform, _, account = hold.value.partition("/")
            if self._try(self._greet, (platform, account)):
                self.ledger.lift(hold.value, self.clock.now())

    def _try(self, action: Callable[[Account], None], account: Account) -> bool:
        """Whether it went well; the posts of the account will meet the fault too, and say so."""
        if self._stopping.is_set():
            return False
        try:
            action(account)
        except (PublishError, UserError) as error:
            _log.info("%s/%s: %s", *account, error.code)
            return False
        return True

    def _greet(self, account: Account) -> None:
        self.desk.opener(*account, unguarded, unheard).whoami()

    # -- the end -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """No new claims; what is under way ends, or is given up before its next request."""
        self._stopping.set()
        self.clock.interrupt()

    def stopping(self) -> bool:
        return self._stopping.is_set()

    def _fail(self, error: BaseException) -> None:
        if self.failed is None:
            self.failed = error
        self.stop()

    def _raise_failure(self) -> None:
        if self.failed is not None:
            raise self.failed

    def leave(self) -> None:
        """Give what is under way a few seconds to end."""
        self._stopping.set()
        until = time.monotonic() + LEAVE
        for one in self.running():
            one.join(max(until - time.monotonic(), 0.0))


def _follow_clock(scheduler: "BackgroundScheduler", duties: Mapping[str, timedelta]) -> None:
    """The clock of this computer was set back: APScheduler would wait for the hour that it had planned by the old one."""
    now = datetime.now(UTC)
    for name, every in duties.items():
        job = scheduler.get_job(name)
        if job is not None and job.next_run_time > now + every + BACK:
            scheduler.modify_job(name, next_run_time=now)
