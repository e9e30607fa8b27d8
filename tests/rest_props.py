"""What the tests of rests, quotas and interrupted releases share: an office with publishers of its own, and rounds."""

from datetime import timedelta

from stage_set import NOON

from asean_social.records import Change

HOUR = timedelta(hours=1)
DUE = NOON + HOUR


def plan_on(office, account, post, due=DUE, **columns):
    key = f"c/{post}/ch/1"
    values = office.columns(key, due, key) | {"account": account} | columns
    office.apply({key: Change(values, insert=True)})
    return key


def work(office, *accounts, owner="one"):
    """What is due now of these accounts, each tried in all lanes until nothing is left."""
    desk = office.desk(owner)
    while any(
        desk.work(("fake", account), lane, {"c"})
        for account in accounts
        for lane in ("release", "poll", "stage")
    ):
        pass
