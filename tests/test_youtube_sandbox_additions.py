"""What is added to a video and what follows it, against the sandbox: once each, whatever happens on the way."""

import hashlib
from dataclasses import replace

import pytest
import test_youtube_sandbox as whole  # not its classes by name: they would be collected here again
from google_server import having
from publisher_contract import FixedTokens, run
from sandbox_tube import clip as film

from asean_social.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from asean_social.publishers.base import After
from asean_social.publishers.http import Session
from asean_social.sandbox.server import Sandbox

MINE, SORTED, FOREIGN = (
    "PLHueAsean60Nam00000000000000000001",
    "PLHueAseanTinTuc0000000000000000002",
    "PLKenhKhac0000000000000000000000003",
)
TROUBLES = ("refuse", "cut-before", "cut-after", "500-before", "500-after", "garbage", "html", "throttle")


@pytest.fixture
def box():
    with Sandbox(processing_seconds=0) as box:
        yield box


@pytest.fixture
def contract():
    return whole.TestYouTube()


@pytest.fixture
def publisher(box, contract):
    return contract.make(box)


@pytest.fixture
def clip(contract, tmp_path):
    return contract.message("video", tmp_path)


def only(box):
    (found,) = [one for one in (*box.public(), *box.hidden()) if one["platform"] == "youtube"]
    return found


def entry(playlist=MINE):
    return After("playlist-entry", {"playlist": playlist})


# -- thumbnail and captions


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("operation", ["thumbnails.set", "captions.insert"])
def test_a_fault_while_adding_is_only_a_delay(box, contract, publisher, clip, operation, trouble):
    box.fault("youtube", operation, trouble)
    pieces = whole.until_fault(publisher, clip)

    run(publisher.release, clip, run(publisher.stage, clip, pieces))

    (thing,) = contract.public(box)
    contract.assert_shown(thing, clip)
    assert [one["operation"] for one in box.requests()].count("upload.start") == 1


def test_a_second_fault_while_captions_are_found_again_changes_nothing(box, contract, publisher, clip):
    box.fault("youtube", "captions.insert", "cut-after")
    pieces = whole.until_fault(publisher, clip)
    for operation in ("captions.list", "captions.update"):
        box.fault("youtube", operation, "500-after")
        with pytest.raises(Unavailable):
            run(publisher.stage, clip, pieces)

    run(publisher.release, clip, run(publisher.stage, clip, pieces))

    contract.assert_shown(only(box), clip)


def test_a_channel_without_a_telephone_gets_no_thumbnail_and_is_told_so(box, publisher, clip):
    box.youtube.settings.phone_verified = False

    with pytest.raises(Rejected) as caught:
        run(publisher.stage, clip)

    assert caught.value.code == "youtube.thumbnail-forbidden"


def test_too_many_thumbnails_are_waited_for(box, publisher, clip):
    box.youtube.settings.thumbnails = 0

    with pytest.raises(RateLimited) as caught:
        run(publisher.stage, clip)

    assert (caught.value.code, caught.value.values["quota"]) == ("youtube.thumbnail-limit", "thumbnails")
    assert caught.value.retry_after == 3600


def test_a_picture_or_captions_that_cannot_be_read_are_named(publisher, clip):
    for index, code in ((1, "youtube.bad-thumbnail"), (2, "youtube.captions-failed")):
        media = list(clip.media)
        bad = media[index].path.with_name(f"hỏng-{media[index].path.name}")
        bad.write_bytes(b"\0\1" * 50)
        media[index] = replace(media[index], path=bad, size=100)

        with pytest.raises(Rejected) as caught:
            run(publisher.stage, replace(clip, media=tuple(media)))

        assert (caught.value.code, caught.value.values["file"]) == (code, bad.name)


def test_a_session_without_the_scope_of_captions_asks_to_connect_again(box, contract, publisher, clip):
    box.youtube.tokens.granted = frozenset({"https://www.googleapis.com/auth/youtube"})
    publisher = whole.open_on(contract.credentials(box), FixedTokens(whole.token(contract.credentials(box))))

    with pytest.raises(AuthFailed) as caught:
        run(publisher.stage, clip)

    assert caught.value.code == "youtube.captions-scope"


@pytest.mark.parametrize(
    ("kind", "width", "height"), [("short", 36, 64), ("short", 64, 64), ("video", 64, 36)]
)
def test_what_youtube_takes_for_a_short_is_completed_like_any_video(
    box, contract, publisher, tmp_path, kind, width, height
):
    message = contract.message(kind, tmp_path)
    content = film(width, height, 2)
    message.media[0].path.write_bytes(content)
    first = replace(
        message.media[0], size=len(content), sha256=hashlib.sha256(content).hexdigest(), duration=2.0
    )
    message = replace(message, media=(first, *message.media[1:]))

    run(publisher.release, message, run(publisher.stage, message))

    contract.assert_shown(only(box), message)
    assert only(box)["kind"] == kind


# -- release


def test_a_platform_that_keeps_every_video_private_is_told_at_once(box, publisher, clip):
    pieces = run(publisher.stage, clip)
    box.youtube.settings.privacy = "private"

    with pytest.raises(OutcomeUnknown) as caught:
        run(publisher.release, clip, pieces)

    assert caught.value.code == "youtube.kept-private"
    assert publisher.status(clip, pieces).staged


def test_a_platform_that_makes_it_unlisted_raises_an_alarm(box, publisher, clip):
    pieces = run(publisher.stage, clip)
    box.youtube.settings.privacy = "unlisted"
    run(publisher.release, clip, pieces)

    assert publisher.status(clip, pieces).differs == "youtube.privacy-differs"


# -- playlist entry


@pytest.fixture
def video(publisher, clip):
    pieces = run(publisher.release, clip, run(publisher.stage, clip))
    return publisher.status(clip, pieces).remote_id


@pytest.mark.parametrize("playlist", [MINE, SORTED])
def test_an_entry_is_made_once(box, publisher, video, playlist):
    assert publisher.followed(entry(playlist), video) is None

    made = publisher.follow(entry(playlist), video)

    assert made
    assert publisher.follow(entry(playlist), video) == publisher.followed(entry(playlist), video) == made
    assert [(one["id"], one["entry"]) for one in only(box)["playlists"]] == [(playlist, made)]


@pytest.mark.parametrize("trouble", ["cut-after", "500-after", "garbage"])
def test_an_entry_whose_answer_was_lost_is_found(box, publisher, video, trouble):
    box.fault("youtube", "playlistItems.insert", trouble)
    with pytest.raises(OutcomeUnknown):
        publisher.follow(entry(), video)

    found = publisher.followed(entry(), video)

    assert [one["entry"] for one in only(box)["playlists"]] == [found]


def test_an_entry_that_surely_was_not_made_is_made_later(box, publisher, video):
    box.fault("youtube", "playlistItems.insert", "throttle")
    with pytest.raises(RateLimited):
        publisher.follow(entry(), video)

    assert publisher.followed(entry(), video) is None
    assert publisher.follow(entry(), video)


def test_a_video_that_is_too_fresh_is_only_a_delay(box, publisher, video):
    box.youtube.settings.too_fresh = 3600
    with pytest.raises(Unavailable) as caught:
        publisher.follow(entry(), video)
    assert caught.value.code == "youtube.not-listed"

    box.youtube.settings.too_fresh = 0
    assert publisher.follow(entry(), video)


@pytest.mark.parametrize(("playlist", "kind"), [("PLnone", Rejected), (FOREIGN, Rejected)])
def test_a_playlist_that_cannot_take_it_needs_a_person(publisher, video, playlist, kind):
    with pytest.raises(kind):
        publisher.follow(entry(playlist), video)


# -- objections


@pytest.mark.parametrize(
    ("playlist", "codes"),
    [
        (MINE, []),
        (SORTED, []),
        (FOREIGN, ["youtube.playlist-foreign"]),
        ("PLnone", ["youtube.playlist-missing"]),
    ],
)
def test_a_playlist_is_asked_for_beforehand(publisher, clip, playlist, codes):
    found = publisher.objections(replace(clip, after=(entry(playlist),)))

    assert [code for code, _ in found] == codes


def test_category_and_length_are_asked_for_beforehand(box, publisher, clip):
    box.youtube.settings.long_uploads = "eligible"
    long = replace(clip.media[0], duration=1800.0)
    message = replace(having(clip, category="42"), media=(long, *clip.media[1:]))

    found = dict(publisher.objections(message))

    assert found["youtube.long-uploads"] == {"minutes": 30}
    assert found["youtube.category-not-offered"]["category"] == "42"
    assert "25 (" in found["youtube.category-not-offered"]["fits"]


# -- quota


def test_what_the_adapter_counts_is_what_the_platform_counts(box, contract, clip):
    session, spent = Session(), {"units": 0, "uploads": 0}

    def spend(quota, amount):
        spent[quota] += amount

    session.spend = spend
    account = contract.credentials(box)
    publisher = type(whole.open_on(account, FixedTokens("")))(
        account, session, FixedTokens(whole.token(account))
    )
    pieces = run(publisher.release, clip, run(publisher.stage, clip))
    publisher.follow(entry(), publisher.status(clip, pieces).remote_id)
    list(publisher.objections(replace(clip, after=(entry(),))))
    publisher.whoami()

    units, uploads = box.youtube.quota.used()
    assert spent == {"units": units, "uploads": uploads}
