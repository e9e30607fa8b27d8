"""One object of every kind for the sandbox's page, with pictures and films that really play."""

import io
from functools import cache

import av
import requests
from PIL import Image, ImageDraw
from sandbox_clients import Graph, Oa, Tube
from sandbox_oa import broadcast, prepare, told, video_article
from sandbox_tube import enter, thumbnail, track

from asean_social.sandbox.server import Sandbox

COLOURS = ("#0047ab", "#c8102e", "#f2b705", "#14743a", "#5b2a86", "#e0662b", "#12808a")
TEXT = "Huế – thành phố di sản chào đón các nước thành viên ASEAN. #ASEAN60 #Hue https://huecity.gov.vn\n"
RATE, SECONDS = 24, 3


def scene(colour: str = COLOURS[0], size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A hill, a river and a sun."""
    width, height = size
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.62, height * 0.12, width * 0.62 + height * 0.3, height * 0.42), fill="#ffe9a8")
    draw.polygon([(0, height), (width * 0.38, height * 0.42), (width * 0.8, height)], fill="#143d2f")
    draw.rectangle((0, height * 0.84, width, height), fill="#7fb4d6")
    return image


def photo(number: int = 0, size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    scene(COLOURS[number % len(COLOURS)], size).save(out, "JPEG")
    return out.getvalue()


@cache
def film(width: int, height: int) -> bytes:
    """Some seconds of H.264, the only make that every browser plays."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        still = scene(COLOURS[6], (width, height))
        for number in range(RATE * SECONDS):
            image = still.copy()
            left = width * number // (RATE * SECONDS)
            ImageDraw.Draw(image).rectangle((left, height * 0.8, left + 24, height * 0.86), fill="#c8102e")
            file.mux(stream.encode(av.VideoFrame.from_image(image)))
        file.mux(stream.encode())
    return out.getvalue()


def on_facebook(box: Sandbox) -> None:
    graph = Graph(box)
    text = graph.feed(message=TEXT)["id"]
    graph.post(f"/{text}/comments", message="Xem chương trình tại huecity.gov.vn")
    graph.feed(message="Bài dài: " + TEXT * 9)
    card = {"name": "Năm ASEAN tại Huế", "description": "Lịch các hoạt động trong năm."}
    link = {"link": "https://huecity.gov.vn/asean", "message": "Mời đọc"}
    assert "id" in graph.feed(**link, **card, files={"thumbnail": ("the.jpg", photo(2, (1200, 630)))})
    for count in (1, 2, 3, 4, 7):
        photos = [
            graph.photo(photo(one), published="false", alt_text_custom=f"Sông Hương, ảnh {one + 1}")["id"]
            for one in range(count)
        ]
        graph.feed(message=f"{count} ảnh", attached_media=[{"media_fbid": one} for one in photos])
    graph.feed(message="Bài đang chờ duyệt", published="false")
    _facebook_video(graph, film(640, 360))
    _facebook_reel(graph, film(360, 640))


def _facebook_video(graph: Graph, payload: bytes) -> None:
    edge = f"/{graph.page}/videos"
    begun = graph.post(edge, upload_phase="start", file_size=len(payload))
    session = begun["upload_session_id"]
    chunk = {"video_file_chunk": ("phim.mp4", payload)}
    graph.post(edge, upload_phase="transfer", upload_session_id=session, start_offset=0, files=chunk)
    graph.post(
        edge, upload_phase="finish", upload_session_id=session, title="Huế 60 năm ASEAN", description="Phim ngắn",
        published="true", files={"thumb": ("bia.jpg", photo(3, (1280, 720)))},
    )  # fmt: skip


def _facebook_reel(graph: Graph, payload: bytes) -> None:
    edge = f"/{graph.page}/video_reels"
    begun = graph.post(edge, upload_phase="start")
    headers = {"Authorization": f"OAuth {graph.token}", "offset": "0", "file_size": str(len(payload))}
    requests.post(begun["upload_url"], data=payload, headers=headers, timeout=30)
    graph.post(
        edge, upload_phase="finish", video_id=begun["video_id"], video_state="PUBLISHED",
        description="Một phút ở Huế",
    )  # fmt: skip


def on_youtube(box: Sandbox) -> None:
    tube = Tube(box)
    public = {"privacyStatus": "public", "selfDeclaredMadeForKids": False}
    about = {"description": TEXT * 2, "tags": ["cố đô", "ASEAN"], "categoryId": "27"}
    made = tube.upload(film(640, 360), snippet={"title": "Huế và ASEAN", **about}, status=public)["id"]
    thumbnail(tube, made, photo(4, (1280, 720)))
    track(tube, made)
    enter(tube, made)
    tube.upload(film(360, 640), snippet={"title": "Huế trong 3 giây #Shorts"}, status=public)
    tube.upload(film(640, 360), snippet={"title": "Video còn riêng tư"})


def on_zalo(box: Sandbox) -> None:
    oa = Oa(box)
    for number in range(3):
        (box.media_dir / f"anh{number}.jpg").write_bytes(photo(number, (1280, 720)))
    covers = [f"{oa.media}/anh{number}.jpg" for number in range(3)]
    clip = told(oa, prepare(oa, film(640, 360))["data"]["token"])["data"]["video_id"]
    body = [
        {"type": "text", "content": TEXT},
        {"type": "image", "url": covers[1], "caption": "Cầu Trường Tiền"},
        {"type": "video", "video_id": clip, "thumb": covers[2]},
    ]
    cover = {"cover_type": "photo", "photo_url": covers[0], "status": "show"}
    first = _article(oa, oa.article(title="Huế – thành phố ASEAN", cover=cover, body=body))
    moving = {"cover_type": "video", "video_id": clip, "cover_view": "horizontal", "status": "show"}
    _article(oa, oa.article(title="Bài có bìa là video", cover=moving))
    second = _article(oa, video_article(oa, clip, avatar=covers[2], comment="hide"))
    _article(oa, oa.article(title="Bài đang ẩn", cover=cover, status="hide"))
    assert broadcast(oa, [first, second])["error"] == 0


def _article(oa: Oa, article: dict) -> str:
    token = oa.call("create", **article)["data"]["token"]
    return oa.call("verify", token=token)["data"]["id"]


def stock(box: Sandbox) -> None:
    on_facebook(box)
    on_youtube(box)
    on_zalo(box)
