"""Requests to the sandbox's YouTube beyond videos: thumbnails, captions, playlists; and real little films."""

import io
import json
from typing import Any

import av
import requests
from sandbox_clients import Tube

VTT = (
    "WEBVTT\n\n00:01.000 --> 00:02.500\nXin chào Huế\n\n2\n00:00:03.000 --> 00:00:04.000 align:start\nASEAN\n"
)
MINE, SORTED, FOREIGN = (
    "PLHueAsean60Nam00000000000000000001",
    "PLHueAseanTinTuc0000000000000000002",
    "PLKenhKhac0000000000000000000000003",
)


def thumbnail(
    tube: Tube, video: str, payload: bytes, mime: str = "image/jpeg", **params: str
) -> requests.Response:
    url = f"{tube.account['api_url']}/upload/youtube/v3/thumbnails/set"
    asked = {"videoId": video, "uploadType": "media", **params}
    return tube.http.post(url, params=asked, data=payload, headers={"Content-Type": mime}, timeout=20)


def captions(
    tube: Tube, payload: str | bytes = VTT, verb: str = "POST", *, ends: str = "\r\n", **body: Any
) -> requests.Response:
    """Metadata and file in one body, as Google's clients send it; `ends` are the line ends between its parts."""
    media = payload.encode() if isinstance(payload, str) else payload
    head = (
        f"--edge{ends}Content-Type: application/json{ends}MIME-Version: 1.0{ends * 2}{json.dumps(body)}{ends}"
    )
    second = f"--edge{ends}Content-Type: text/vtt{ends}Content-Transfer-Encoding: binary{ends * 2}"
    whole = head.encode() + second.encode() + media + f"{ends}--edge--".encode()
    url = f"{tube.account['api_url']}/upload/youtube/v3/captions"
    headers = {"Content-Type": 'multipart/related; boundary="edge"'}
    params = {"part": "snippet", "uploadType": "multipart"}
    return tube.http.request(verb, url, params=params, data=whole, headers=headers, timeout=20)


def track(tube: Tube, video: str, payload: str | bytes = VTT, **changed: Any) -> requests.Response:
    snippet = {"videoId": video, "language": "vi", "name": "", **changed}
    return captions(tube, payload, snippet={name: one for name, one in snippet.items() if one is not None})


def enter(tube: Tube, video: str | None, playlist: str | None = MINE, **changed: Any) -> requests.Response:
    resource = {"kind": "youtube#video", "videoId": video}
    snippet = {"playlistId": playlist, "resourceId": resource, **changed}
    body = {"snippet": {name: one for name, one in snippet.items() if one is not None}}
    return tube.call("POST", "playlistItems", body, part="snippet")


def entries(tube: Tube, playlist: str = MINE, **more: Any) -> list[dict[str, Any]]:
    answer = tube.call("GET", "playlistItems", part="id,snippet", playlistId=playlist, **more)
    return answer.json()["items"]


def clip(width: int, height: int, seconds: int) -> bytes:
    """A real MP4, one grey picture a second."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()
