"""Every option of every kind, set to something else than its default, is found on what the public sees."""

import hashlib
import time
from datetime import UTC, datetime, timedelta

import pytest
from films import mp4
from PIL import Image
from town import VIDEO, stamp

from asean_social.sandbox.server import Sandbox
from asean_social.shapes import Block, Broadcast, Captions, Facebook, MediaRef, YouTube, Zalo

NOW = datetime.now(UTC)
OFFSET = (NOW.replace(hour=5, minute=0) - NOW).total_seconds()
TRACK = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nXin chào ASEAN\n"
LIST = "PLHueAsean60Nam00000000000000000001"
POSTS = """
- id: fb-chu
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  text: không dùng
  hashtags: ["#không"]
  facebook: {{kind: text, text: "Chữ riêng cho Facebook", hashtags: ["#ASEAN", "#Huế"], place: "61550000000002",
              targeting: {{age_min: 18}}, first_comment: "Xem thêm tại huecity.gov.vn"}}
- id: fb-lien-ket
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  text: Bài liên kết
  link: https://example.org/khong-dung
  facebook: {{link: "https://huecity.gov.vn/tin?x=1&y=2", title: "Tiêu đề thẻ", description: "Mô tả thẻ",
              thumbnail: media/bia.jpg}}
- id: fb-anh
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  text: Bài ảnh
  facebook: {{media: [{{file: media/anh.jpg, alt: "Mô tả ảnh cho người khiếm thị", caption: "chỉ dùng ở Zalo"}}]}}
- id: fb-bo-anh
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  text: Bộ ảnh
  media: [{{file: media/anh.jpg, alt: "Ảnh một"}}, {{file: media/bia.jpg, alt: "Ảnh hai"}}]
- id: fb-phim
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  media: media/phim.mp4
  facebook: {{kind: video, title: "Tên phim", description: "Mô tả phim", thumbnail: media/bia.jpg}}
- id: fb-thuoc
  theme: trade-agreements
  author: lan
  at: "{due}"
  channels: [trang]
  media: media/doc.mp4
  text: Thước phim
  facebook: {{title: "Tên thước phim"}}
- id: yt
  theme: digital-economy
  author: lan
  at: "{due}"
  channels: [kenh]
  ai_generated: true
  text: không dùng
  youtube:
    kind: video
    title: "Tiêu đề – có dấu"
    description: "Mô tả: dòng một\\n\\n00:00 Mở đầu"
    media: [{{file: media/phim.mp4, captions: [media/phim.vi.vtt, {{file: media/phim.en.vtt, language: en, name: "English"}}]}}]
    tags: ["ASEAN", "kinh tế số"]
    category: "27"
    language: vi
    audio_language: en
    made_for_kids: true
    notify_subscribers: false
    license: creativeCommon
    embeddable: false
    public_stats: false
    recording_date: "24/02/2026"
    localizations: {{en: {{title: "English title", description: "English text"}}}}
    thumbnail: media/bia.jpg
    playlist: {playlist}
- id: yt-ngan
  theme: digital-economy
  author: lan
  at: "{due}"
  channels: [kenh]
  title: "Phim ngắn"
  youtube: {{media: [{{file: media/doc.mp4, captions: {{burned_in: true}}}}]}}
- id: zl
  theme: education
  author: lan
  at: "{due}"
  channels: [oa]
  text: không dùng
  zalo:
    type: normal
    title: "Bài viết Zalo"
    summary: "Tóm tắt riêng"
    author: "Ban biên tập"
    cover: media/phim.mp4
    fallback_cover: media/bia.jpg
    cover_status: hide
    comment: hide
    tracking_link: https://asean.org/theo-doi
    media: [{{file: media/anh.jpg, alt: "Mô tả ảnh cho người khiếm thị"}}]
    body:
      - "Đoạn mở đầu & kết"
      - image: media/anh.jpg
        caption: "Chú thích ảnh"
      - text: "Đoạn cuối"
      - video: media/ngan.mp4
        thumb: media/bia.jpg
- id: zl-phim
  theme: education
  author: lan
  at: "{due}"
  channels: [oa]
  media: media/phim.mp4
  zalo:
    {{type: video, title: "Bài video", summary: "Tóm tắt phim", cover: media/bia.jpg, comment: hide,
     broadcast: {{gender: "2", ages: [2, 3], locations: "1", cities: "4,9", platform: "1", late: wait, with: zl,
                  at: "{arrival}"}}}}
"""


@pytest.fixture
def sandbox(tmp_path):
    """At noon in Viet Nam: Zalo broadcasts nothing at night."""
    public = tmp_path / "public"
    clock = {"clock": lambda: time.time() + OFFSET}
    with Sandbox(processing_seconds=0.2, verify_seconds=0.2, media_dir=public, **clock) as box:
        yield box


@pytest.fixture
def shown(town, sandbox):
    media = town.root / "campaigns" / "media"
    (media / "doc.mp4").write_bytes(mp4(1080, 1920, 12.0, fps=30))
    (media / "ngan.mp4").write_bytes(mp4(320, 240, 2.0))
    for name in ("phim.vi.vtt", "phim.en.vtt"):
        (media / name).write_text(TRACK, encoding="utf-8")
    now = datetime.now(UTC) + timedelta(seconds=OFFSET)
    due = now - timedelta(seconds=30)
    arrival = due + timedelta(minutes=35, seconds=1)
    town.campaign(POSTS.format(due=stamp(due), arrival=stamp(arrival), playlist=LIST))
    done = town.process("schedule", "--once", ASEAN_SOCIAL_OFFSET=str(OFFSET))
    assert done.returncode == 0, done.stderr + done.stdout
    found = {(one["platform"], one["kind"]): one for one in sandbox.public()}
    assert len(sandbox.public()) == len(found) == 10
    return found


def sha(town, name):
    return hashlib.sha256((town.root / "campaigns" / "media" / name).read_bytes()).hexdigest()


def test_the_walk_leaves_no_option_out():
    for model in (Facebook, YouTube, Zalo, MediaRef, Block, Captions, Broadcast):
        names = {one.alias or name for name, one in model.model_fields.items()}
        assert {name for name in names if f"{name}:" not in POSTS} == set(), model


def test_every_option_is_found_on_the_public_object(shown, town, sandbox):
    facebook(shown, town)
    films(shown, town)
    youtube(shown, town)
    zalo(shown, town)


def facebook(shown, town):
    text, link, photo, album = (shown["facebook", kind] for kind in ("text", "link", "photo", "album"))

    assert text["text"] == "Chữ riêng cho Facebook\n\n#ASEAN #Huế"
    assert text["options"] == {"place": "61550000000002", "targeting": {"age_min": 18}}
    assert [one["message"] for one in text["comments"]] == ["Xem thêm tại huecity.gov.vn"]
    assert (link["text"], link["link"]) == ("Bài liên kết", "https://huecity.gov.vn/tin?x=1&y=2")
    assert (link["options"]["name"], link["options"]["description"]) == ("Tiêu đề thẻ", "Mô tả thẻ")
    assert link["options"]["thumbnail"]["sha256"] == sha(town, "bia.jpg")
    assert photo["text"] == "Bài ảnh"
    [picture] = photo["photos"]
    assert picture["alt_text"] == "Mô tả ảnh cho người khiếm thị"
    assert picture["sha256"] == sha(town, "anh.jpg")
    assert [(one["alt_text"], one["sha256"]) for one in album["photos"]] == [
        ("Ảnh một", sha(town, "anh.jpg")),
        ("Ảnh hai", sha(town, "bia.jpg")),
    ]


def films(shown, town):
    video, reel = shown["facebook", "video"], shown["facebook", "reel"]

    assert (video["title"], video["text"], video["sha256"]) == (
        "Tên phim",
        "Mô tả phim",
        sha(town, "phim.mp4"),
    )
    assert video["thumbnail"]["sha256"] == sha(town, "bia.jpg")
    assert (reel["title"], reel["text"], reel["sha256"]) == (
        "Tên thước phim",
        "Thước phim",
        sha(town, "doc.mp4"),
    )


def youtube(shown, town):
    video, short = shown["youtube", "video"], shown["youtube", "short"]

    assert short["title"] == "Phim ngắn"
    assert video["title"] == "Tiêu đề – có dấu"
    assert video["description"] == "Mô tả: dòng một\n\n00:00 Mở đầu"
    assert video["tags"] == ["ASEAN", "kinh tế số"]
    assert video["category_id"] == "27"
    assert (video["default_language"], video["default_audio_language"]) == ("vi", "en")
    assert video["recording_date"].startswith("2026-02-24")
    assert video["localizations"]["en"] == {"title": "English title", "description": "English text"}
    assert video["notify_subscribers"] is False
    assert video["sha256"] == hashlib.sha256(VIDEO).hexdigest()
    assert video["thumbnail"]["sha256"] == sha(town, "bia.jpg")
    assert [(one["language"], one["name"]) for one in video["captions"]] == [("vi", ""), ("en", "English")]
    assert LIST in str(video["playlists"])
    wanted = {
        "privacyStatus": "public",
        "embeddable": False,
        "license": "creativeCommon",
        "publicStatsViewable": False,
        "selfDeclaredMadeForKids": True,
        "containsSyntheticMedia": True,
    }
    assert {name: video["status"][name] for name in wanted} == wanted


def zalo(shown, town):
    article, film = shown["zalo", "normal"], shown["zalo", "video"]

    assert (article["title"], article["description"]) == ("Bài viết Zalo", "Tóm tắt riêng")
    assert article["author"] == "Ban biên tập"
    assert article["cover"]["status"] == "hide"
    assert article["cover"]["video"]["sha256"] == sha(town, "phim.mp4")
    assert article["comment"] == "hide"
    assert article["tracking_link"] == "https://asean.org/theo-doi"
    assert [one["type"] for one in article["body"]] == ["text", "image", "text", "video"]
    assert article["body"][0]["content"] == "Đoạn mở đầu & kết"
    assert article["body"][1]["caption"] == "Chú thích ảnh"
    assert article["body"][1]["sha256"] == sha(town, "anh.jpg")
    assert article["body"][3]["video"]["sha256"] == sha(town, "ngan.mp4")
    assert (film["title"], film["description"], film["comment"]) == ("Bài video", "Tóm tắt phim", "hide")
    assert film["cover"]["sha256"] == sha(town, "bia.jpg")
    [sent] = film["broadcasts"]
    assert sent["target"] == {
        "gender": "2",
        "ages": "2,3",
        "locations": "1",
        "cities": "4,9",
        "platform": "1",
    }
    assert sent["articles"] == [film["id"], article["id"]]


def test_a_picture_beyond_a_platforms_limit_arrives_as_the_preview_says(town, sandbox):
    large = town.root / "campaigns" / "media" / "to.jpg"
    Image.effect_noise((3000, 2000), 200).convert("RGB").save(large, quality=95)
    town.campaign(
        f"""
        - id: to
          theme: education
          author: lan
          at: "{stamp(datetime.now(UTC) + timedelta(seconds=OFFSET) - timedelta(seconds=1))}"
          channels: [trang]
          text: Ảnh lớn
          media: {{file: media/to.jpg, alt: "Nhiễu"}}
        """
    )
    told = town.process("preview", "--json").stdout
    assert town.process("schedule", "--once", ASEAN_SOCIAL_OFFSET=str(OFFSET)).returncode == 0

    [shown] = sandbox.public()
    [photo] = shown["photos"]
    assert (photo["width"], photo["height"]) == (2048, 1365)
    assert photo["size"] <= 4_000_000
    assert f'"size": {photo["size"]}' in told
