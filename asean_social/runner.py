"""The runner: wakes when a step is due, claims it, does it, records it.

Per account one staging lane and one release lane, each in a thread of its own: a release never waits for an upload.
`forever` is woken by APScheduler, which is the clock and stores nothing; `once` is for cron and the Windows Task
Scheduler and does one pass. Any number of runners may work on one ledger.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

from asean_social.clock import Clock
from asean_social.delivery import Desk
from asean_social.errors import PublishError, UserError
from asean_social.ledger import Ledger
from asean_social.records import RELEASE_LANE, STAGE_LANE, Delivery
from asean_social.states import State
from asean_social.sync import Scope

LANES = (RELEASE_LANE, STAGE_LANE)
TICK = timedelta(
    seconds=15
)  # at least this often: rows of another process, a suspended laptop, a moved clock
SYNC_EVERY = timedelta(seconds=30)  # how often campaign files are looked at
CARE = timedelta(minutes=5)  # how often paused accounts and idle tokens are looked at
LEAVE = 9.0  # seconds a stop may take

Accounts = list[tuple[str, str]]  # (platform, name)

_log = logging.getLogger("asean_social")


class Runner:
    """`sync` reads the campaign files into the ledger; it must not raise for what a person wrote.
    `renew` keeps tokens alive.
    """

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        sync: Callable[[], Scope],
        renew: Callable[[Accounts], None],
        clock: Clock,
    ) -> None:
        self.ledger, self.desk, self.clock = ledger, desk, clock
        self._sync, self._renew = sync, renew
        self.scope = Scope(frozenset(), (), ())
        self.failed: BaseException | None = None
        self._wake_at: Callable[[datetime], object] | None = None  # while running for ever
        self._lanes: dict[tuple[str, str, str], Future[None]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._staging = ThreadPoolExecutor(desk.policy.workers, "stage")
        self._releasing = ThreadPoolExecutor(64, "release")

    # -- one pass ------------------------------------------------------------------------------------------------

    def once(self, patience: float) -> Scope:
        """Stage and release everything due now; wait at most `patience` seconds for what the platforms still do."""
        self.sync()
        self.care()
        try:
            self.drain(self.clock.now() + timedelta(seconds=patience))
        finally:
            self.leave()
        return self.scope

    def drain(self, deadline: datetime) -> None:
        """Work until nothing is due and nothing under way can go on before `deadline`."""
        while not self._stopping.is_set():
            self._pump()
            wait(self._running(), timeout=1.0)
            self._raise_failure()
            if self._running():
                continue
            until = self._next_step(deadline)
            if until is None:
                return
            self.clock.pause(min((until - self.clock.now()).total_seconds(), 1.0))

    def _next_step(self, deadline: datetime) -> datetime | None:
        """When this pass has something to do again; None when it is done."""
        now, desk = self.clock.now(), self.desk
        campaigns, spacing = self.scope.campaigns, desk.claimer.spacing
        for account in self.ledger.accounts(campaigns):
            if any(self.ledger.due(account, lane, campaigns, now, spacing) for lane in LANES):
                return now
        paused = {hold.value for hold in self.ledger.holds()}
        under_way = (
            _resumes(one, now)
            for one in self.ledger.deliveries()
            if one.campaign in campaigns
            and one.due_at <= now
            and f"{one.platform}/{one.account}" not in paused
        )
        return min((when for when in under_way if when is not None and when <= deadline), default=None)

    # -- for ever ------------------------------------------------------------------------------------------------

    def forever(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        duties = (
            ("deliver", self._deliver, TICK),
            ("sync", self._sync_and_deliver, SYNC_EVERY),
            ("care", self.care, CARE),
        )
        for name, action, every in duties:
            scheduler.add_job(self._guarded(action), "interval", seconds=every.total_seconds(), id=name)
        self._wake_at = lambda when: scheduler.modify_job("deliver", next_run_time=when)
        self.sync()
        self.care()
        scheduler.start()
        try:
            self._deliver()
            while not self._stopping.is_set():
                self.clock.pause(0.5)
            self._raise_failure()
        finally:
            self.leave()
            scheduler.shutdown(wait=False)

    def _deliver(self) -> None:
        self._pump()
        self._arm()

    def _sync_and_deliver(self) -> None:
        self.sync()
        self._deliver()

    def _arm(self) -> None:
        """Wake again at the next due step; a lane that ends may have brought it nearer."""
        due = self.ledger.next_due(self.clock.now(), self.desk.claimer.spacing)
        if due is not None and self._wake_at is not None and not self._stopping.is_set():
            soon = datetime.now(UTC)
            self._wake_at(min(soon + max(due - self.clock.now(), timedelta()), soon + TICK))

    def _guarded(self, action: Callable[..., None], *args: object) -> Callable[[], None]:
        def run() -> None:
            try:
                action(*args)
            except BaseException as error:  # noqa: BLE001 -- the tick: it is kept and ends the runner in its own thread
                self._fail(error)

        return run

    # -- lanes ---------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start a thread for each lane that is not running; a lane with nothing due ends at once."""
        if self._stopping.is_set():
            return
        for account in self.ledger.accounts(self.scope.campaigns):
            for lane in LANES:
                self._start((*account, lane), self._releasing if lane == RELEASE_LANE else self._staging)
        self._start(("", "", "follow-up"), self._staging)

    def _start(self, lane: tuple[str, str, str], pool: ThreadPoolExecutor) -> None:
        with self._lock:
            running = self._lanes.get(lane)
            if running is None or running.done():
                self._lanes[lane] = pool.submit(self._guarded(self._lane, lane))

    def _lane(self, lane: tuple[str, str, str]) -> None:
        platform, account, kind = lane
        more = True
        while more and not self._stopping.is_set():
            if kind == "follow-up":
                more = self.desk.follow_up()
            else:
                more = self.desk.work((platform, account), kind, self.scope.campaigns)
        self._arm()

    def _running(self) -> list[Future[None]]:
        with self._lock:
            return [one for one in self._lanes.values() if not one.done()]

    # -- other duties --------------------------------------------------------------------------------------------

    def sync(self) -> None:
        self.scope = self._sync()

    def care(self) -> None:
        """Keep tokens alive, and try each paused account: one that works again goes on."""
        for used in self.ledger.accounts(self.scope.campaigns):
            self._keep_alive(used)
        for hold in self.ledger.holds():
            platform, _, account = hold.value.partition("/")
            try:
                self.desk.opener(platform, account, self._no_guard, lambda _sent, _all: None).whoami()
            except (PublishError, UserError) as error:
                _log.info("account %s is still paused: %s", hold.value, error.code)
                continue
            self.ledger.lift(hold.value, self.clock.now())

    def _keep_alive(self, account: tuple[str, str]) -> None:
        try:
            self._renew([account])
        except (PublishError, UserError) as error:
            # posts of this account will meet it too, and pause it then
            _log.warning("tokens of %s/%s: %s", *account, error.code)

    def _no_guard(self) -> None:
        """Reading who we are needs no lease."""

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
        self._stopping.set()
        wait(self._running(), timeout=LEAVE)
        self._staging.shutdown(wait=False, cancel_futures=True)
        self._releasing.shutdown(wait=False, cancel_futures=True)


def _resumes(one: Delivery, now: datetime) -> datetime | None:
    """When a delivery that is under way goes on; None for one that waits for nothing."""
    if one.state in (State.WAITING, State.UNKNOWN, State.CONFIRMING):
        return one.resume_at
    if one.state in (State.STAGING, State.RELEASING):
        return one.lease_until or now
    if one.state == State.STAGED and one.approval:
        return now + timedelta(seconds=1)  # a late one that keeps its distance
    return None
