"""Short films out of drawn layers. Each layer is drawn once; a frame only fades and lifts it into place."""

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av import AudioStream, VideoStream
from av.container import OutputContainer
from canvas import GOLD, Canvas
from PIL import Image

RATE, SOUND_RATE = 30, 48_000
BLOCK = 1024  # samples in one AAC frame; the encoder fills a short last one with whatever lies in memory
# cpu-independent: x264's faster paths give other bytes on another processor, and now and then on the same one
ENCODER = {"crf": "26", "preset": "slow", "threads": "1", "x264-params": "cpu-independent=1"}
Picture = Callable[[float], Image.Image]  # what a layer shows at a second of the film


@dataclass(frozen=True)
class Layer:
    picture: Picture
    x: int
    y: int
    start: float
    end: float


def ease(share: float) -> float:
    held = min(max(share, 0.0), 1.0)
    return held * held * (3 - 2 * held)


def still(board: Canvas) -> Picture:
    picture = board.finished()
    return lambda _second: picture


def words(text: str, size: float, ink: str, weight: str, width: int) -> Picture:
    """Letters on clear ground of their own colour, so that no dark fringe appears when they fade."""
    board = Canvas(width, round(size * 1.4) * 4, ink + "00")
    board.text(0, 2, text, size, ink, weight, leading=1.3)
    return still(board)


def bar(width: int, height: int, colour: str) -> Picture:
    board = Canvas(width, height, colour + "00")
    board.box(0, 0, width, height, colour, height / 2)
    return still(board)


def frame(ground: Image.Image, layers: Sequence[Layer], second: float, seconds: float) -> Image.Image:
    page = ground.copy()
    for layer in layers:
        shown = ease((second - layer.start) / 0.6) * (1 - ease((second - layer.end + 0.35) / 0.35))
        if shown > 0:
            picture = layer.picture(second)
            veil = picture.getchannel("A").point(lambda alpha, shown=shown: round(alpha * shown))
            lift = round(26 * (1 - ease((second - layer.start) / 0.7)))
            page.paste(picture, (layer.x, layer.y + lift), veil)
    done = round(page.width * second / seconds)
    page.paste(Image.new("RGB", (max(done, 1), 8), GOLD), (0, page.height - 8))
    return page


def melody(seconds: float, notes: Sequence[float]) -> "array[float]":
    """Soft plucked notes on the five-tone scale, fading out at the end."""
    wave = array("f", bytes(4 * round(seconds * SOUND_RATE)))
    for place, pitch in enumerate(notes):
        begin = round(place * seconds / len(notes) * SOUND_RATE)
        for step in range(min(2 * SOUND_RATE, len(wave) - begin)):
            at = step / SOUND_RATE
            ground = math.sin(math.tau * pitch * at)
            overtone = 0.35 * math.sin(math.tau * 2 * pitch * at) * math.exp(-3 * at)
            wave[begin + step] += 0.16 * (ground + overtone) * math.exp(-2.4 * at) * min(1.0, at * 80)
    tail = SOUND_RATE // 2
    for step in range(tail):
        wave[len(wave) - 1 - step] *= step / tail
    wave.extend([0.0] * (-len(wave) % BLOCK))
    return wave


def film(path: Path, ground: Canvas, layers: Sequence[Layer], seconds: float, notes: Sequence[float]) -> None:
    # bitexact leaves out the library's version and the date: the same bytes on each run
    with av.open(str(path), "w", options={"movflags": "faststart", "fflags": "+bitexact"}) as container:
        video = container.add_stream("libx264", rate=RATE, options=ENCODER)
        video.width, video.height = ground.size
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono", options={"b": "96000"})
        _write_pictures(container, video, ground.finished().convert("RGB"), layers, seconds)
        _write_sound(container, audio, melody(seconds, notes))


def _write_pictures(
    container: OutputContainer,
    video: VideoStream,
    ground: Image.Image,
    layers: Sequence[Layer],
    seconds: float,
) -> None:
    for number in range(round(seconds * RATE)):
        container.mux(video.encode(av.VideoFrame.from_image(frame(ground, layers, number / RATE, seconds))))
    container.mux(video.encode(None))


def _write_sound(container: OutputContainer, audio: AudioStream, wave: "array[float]") -> None:
    for begin in range(0, len(wave), BLOCK):
        sound = av.AudioFrame(format="fltp", layout="mono", samples=BLOCK)
        sound.planes[0].update(wave[begin : begin + BLOCK].tobytes())
        sound.rate, sound.pts = SOUND_RATE, begin
        container.mux(audio.encode(sound))
    container.mux(audio.encode(None))
