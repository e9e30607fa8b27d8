"""An approval covers exactly the content it was given for, by someone who may, within its window."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from desk import Desk, say

from asean_social import approval, office
from asean_social.approval import Approvals
from asean_social.errors import ApprovalError, CampaignError
from asean_social.wording.campaign import MESSAGES

NOW = datetime(2027, 1, 5, 1, 2, 3, 456, tzinfo=UTC)
PEOPLE = """
language = "en"
[[people]]
id = "lan"
name = "Lan"
roles = ["author", "approver"]
[[people]]
id = "huong"
name = "Hương"
position = "Trưởng phòng"
roles = ["reviewer"]
[[people]]
id = "dung"
name = "Dũng"
roles = ["approver"]
[daily_caps]
"facebook/hue" = 3
[[quiet]]
from = "22:00"
to = "6h"
[words]
refused = ["x"]
"""


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(PEOPLE, encoding="utf-8")
    return office.load(path)


@pytest.fixture
def planned(tmp_path):
    return Desk(tmp_path).plan(say(author="lan"), say(id="b", author="lan")).deliveries


@pytest.fixture
def path(tmp_path):
    return tmp_path / "campaigns" / "thu.approvals.yaml"


def test_an_approval_is_written_and_covers_its_delivery_alone(path, planned, people):
    given = approval.approve(path, planned[:1], "dung", people, NOW)

    read = Approvals.read(path)
    assert read.given == given
    assert read.covers(planned[0]) == given[0]
    assert (given[0].by, given[0].role, given[0].at) == ("dung", "approver", NOW.replace(microsecond=0))
    assert (read.covers(planned[1]), read.why_not(planned[1])) == (None, "missing")


def test_approving_again_changes_nothing_and_approving_more_keeps_what_is_there(path, planned, people):
    approval.approve(path, planned[:1], "dung", people, NOW)
    before = path.read_bytes()

    assert approval.approve(path, planned[:1], "dung", people, NOW) == ()
    assert path.read_bytes() == before
    assert [one.post for one in approval.approve(path, planned, "dung", people, NOW)] == ["thu/b/trang/1"]
    assert len(Approvals.read(path).given) == 2
    assert [one.name for one in path.parent.iterdir() if "approvals" in one.name] == [path.name]


def test_changed_content_is_not_covered_and_a_changed_time_is(path, planned, people):
    approval.approve(path, planned, "dung", people, NOW)
    read = Approvals.read(path)

    changed = replace(planned[0], digest="0" * 64)
    moved = replace(planned[0], due_at=NOW)

    assert (read.covers(changed), read.why_not(changed)) == (None, "changed")
    assert read.covers(moved) is not None


def test_a_window_limits_the_time_and_survives_rewriting(path, planned, people):
    path.write_text(
        f'approvals: [{{post: thu/a/trang, digest: "{planned[0].digest}", by: dung, role: approver, '
        'at: "05/01/2027 08:00", window: {from: "24/02/2027 19:00", to: "24/02/2027 20:00"}}]',
        encoding="utf-8",
    )
    approval.approve(path, planned[1:], "dung", people, NOW)
    read = Approvals.read(path)

    late = replace(planned[0], due_at=datetime(2027, 2, 24, 13, 0, 1, tzinfo=UTC))

    assert read.covers(planned[0]) is not None
    assert read.covers(replace(planned[0], due_at=datetime(2027, 2, 24, 13, tzinfo=UTC))) is not None
    assert (read.covers(late), read.why_not(late)) == (None, "outside-window")


def test_of_two_approvals_the_newest_is_shown(path, planned):
    entry = '  - {{post: thu/a, digest: "{0}", by: {1}, role: approver, at: "0{2}/01/2027 08:00"}}\n'
    path.write_text(
        "approvals:\n"
        + "".join(entry.format(planned[0].digest, by, day) for by, day in (("x", 3), ("y", 4), ("z", 2))),
        encoding="utf-8",
    )

    assert Approvals.read(path).covers(planned[0]).by == "y"


@pytest.mark.parametrize("entry", ["by: lan, role: approver", "by: dung, role: reviewer"])
def test_an_entry_of_the_author_or_without_the_role_does_not_count(path, planned, entry):
    path.write_text(
        f'approvals: [{{post: thu/a, digest: "{planned[0].digest}", {entry}, at: "05/01/2027 08:00"}}]',
        encoding="utf-8",
    )

    assert Approvals.read(path).covers(planned[0]) is None


@pytest.mark.parametrize(
    ("person", "code"),
    [("lan", "approval.own-post"), ("huong", "approval.not-approver"), ("dugn", "approval.unknown-person")],
)
def test_who_may_not_approve_is_refused_and_nothing_is_written(path, planned, people, person, code):
    with pytest.raises(ApprovalError) as caught:
        approval.approve(path, planned, person, people, NOW)

    assert caught.value.code == code
    assert MESSAGES[code].format(**caught.value.values)
    assert not path.exists()


def test_without_an_office_nobody_can_approve(path, planned):
    with pytest.raises(ApprovalError) as caught:
        approval.approve(path, planned, "dung", office.Office(), NOW)
    assert caught.value.code == "approval.unknown-person"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("approvals: [{post: a}]", (1, 13, "campaign.missing")),
        ("aprovals: []", (1, 11, "campaign.misspelt-key")),
        ("approvals: x", (1, 12, "campaign.not-a-list")),
        ("- x", (1, 1, "campaign.not-a-mapping")),
        ("approvals: [", (1, 12, "yaml.bracket")),
    ],
)
def test_a_broken_file_is_refused_with_the_place(path, planned, people, content, problem):
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ApprovalError) as caught:
        approval.approve(path, planned, "dung", people, NOW)
    first = caught.value.problems[0]
    assert (caught.value.code, first.file) == ("approval.file-broken", path.name)
    assert (first.line, first.column, first.code) == problem
    assert path.read_text(encoding="utf-8") == content


def test_an_empty_file_holds_no_approvals(path, planned):
    path.write_text("# nothing yet\n", encoding="utf-8")

    assert Approvals.read(path).why_not(planned[0]) == "missing"


def test_what_cannot_be_written_leaves_no_trace(tmp_path, planned, people):
    path = tmp_path / "none" / "thu.approvals.yaml"

    with pytest.raises(ApprovalError) as caught:
        approval.approve(path, planned, "dung", people, NOW)
    assert caught.value.code == "approval.not-written"


def test_a_failed_replacement_leaves_the_old_file_and_no_temporary_one(path, planned, people):
    path.mkdir()

    with pytest.raises(ApprovalError):
        approval.approve(path, planned, "dung", people, NOW)
    assert [one.name for one in path.parent.iterdir() if "approvals" in one.name] == [path.name]


def test_the_file_lies_beside_the_campaign_under_its_slug(tmp_path):
    campaign = Desk(tmp_path).load(say())

    assert approval.path_for(campaign) == tmp_path / "campaigns" / "thu.approvals.yaml"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_colleagues_can_read_the_file(path, planned, people):
    approval.approve(path, planned, "dung", people, NOW)

    assert path.stat().st_mode & 0o777 == 0o644


def test_the_office_file_is_read_whole(people):
    assert sorted(people.people) == ["dung", "huong", "lan"]
    assert people.people["huong"].position == "Trưởng phòng"
    assert (people.language, people.daily_caps, people.words) == (
        "en",
        {"facebook/hue": 3},
        {"refused": ("x",)},
    )
    assert (people.quiet[0].start.hour, people.quiet[0].end.hour) == (22, 6)


def test_no_office_file_is_an_office_without_names(tmp_path):
    assert office.load(tmp_path / "office.toml") == office.Office()


@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        ("[[people]]\nid = 'a'\n", "people[0].name", "campaign.missing"),
        ("[[people]]\nid = 'a'\nname = 'A'\nroles = ['boss']\n", "people[0].roles[0]", "campaign.not-one-of"),
        ("[[people]]\nid='a'\nname='A'\n[[people]]\nid='a'\nname='B'\n", "people", "office.person-twice"),
        ("langauge = 'vi'\n", "langauge", "campaign.misspelt-key"),
        ("language = \n", "", "office.not-toml"),
    ],
)
def test_a_bad_office_file_is_refused(tmp_path, content, path, code):
    file = tmp_path / "office.toml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(CampaignError) as caught:
        office.load(file)
    assert caught.value.code == "office.refused"
    assert {(one.file, one.path, one.code) for one in caught.value.problems} == {("office.toml", path, code)}


def test_an_office_file_that_is_no_file_or_no_text_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"language = '\xff'")

    for name, code in (("folder", "yaml.unreadable"), ("latin.toml", "office.not-toml")):
        with pytest.raises(CampaignError) as caught:
            office.load(tmp_path / name)
        assert [one.code for one in caught.value.problems] == [code]
