"""The films of the sample campaign, each with sound; their captions and thumbnails."""

from collections.abc import Sequence
from pathlib import Path

from canvas import GOLD, INK, PAPER, WHITE, Canvas, blend, largest
from film import Layer, Picture, bar, ease, film, still, words
from PIL import Image
from pillars import AEC, APSC, COLOURS, CROSS, FOOTER, Pillar


def counter(first: int, last: int, start: float, seconds: float) -> Picture:
    """A ring that closes while the number in it grows."""

    def picture(second: float) -> Image.Image:
        share = ease((second - start) / seconds)
        board = Canvas(320, 320, APSC.deep + "00")
        board.disc(160, 160, 150, None, blend(APSC.deep, WHITE, 0.22), 14)
        board.arc(160, 160, 150, -90, -90 + 360 * share, GOLD, 14)
        board.text(160, 66, str(round(first + (last - first) * share)), 140, WHITE, "ExtraBold", align="m")
        return board.finished()

    return picture


def landscape(pillar: Pillar) -> Canvas:
    """What lies below all layers of a film in 16:9."""
    ground = Canvas(1280, 720, pillar.deep)
    ground.waves(0, 0, 1280, 720, pillar.deep, 104)
    ground.chip(96, 72, pillar.name, GOLD, INK, 22)
    ground.text(96, 640, FOOTER, 24, WHITE, "Medium")
    return ground


def treaty(path: Path) -> None:
    ground = landscape(APSC)
    layers = [
        Layer(words("TAC", 200, WHITE, "ExtraBold", 1000), 90, 150, 0.1, 2.8),
        Layer(bar(96, 8, GOLD), 96, 418, 0.5, 2.8),
        Layer(words("Lời hứa hòa bình của Đông Nam Á", 54, WHITE, "Bold", 1100), 96, 448, 0.7, 2.8),
        Layer(words("24/02/1976", 128, GOLD, "ExtraBold", 1000), 92, 176, 2.8, 5.3),
        Layer(
            words("Năm nước ký Hiệp ước\nThân thiện và Hợp tác ở Đông Nam Á", 50, WHITE, "Bold", 1000),
            96,
            382,
            3.1,
            5.3,
        ),
        Layer(counter(5, 58, 5.4, 1.5), 110, 200, 5.3, 99),
        Layer(
            words("quốc gia và tổ chức\ncùng tham gia,\nđến đầu năm 2026", 54, WHITE, "Bold", 680),
            500,
            238,
            5.7,
            99,
        ),
    ]
    film(path, ground, layers, 8, (293.66, 349.23, 392.0, 440.0, 523.25, 440.0, 587.33, 440.0))


def payment(path: Path) -> None:
    ground = Canvas(720, 1280, AEC.deep)
    ground.waves(0, 0, 720, 1280, AEC.deep, 104)
    ground.chip(64, 110, AEC.name, GOLD, INK, 22)
    ground.text(64, 178, "Quét mã QR\nở nước ASEAN khác", 58, WHITE, "ExtraBold", leading=1.22)
    ground.box(64, 338, 84, 8, GOLD, 4)
    ground.text(64, 374, "Ba lưu ý an toàn", 38, WHITE, "SemiBold")
    ground.text(64, 1150, FOOTER, 24, WHITE, "Medium")
    layers = []
    for number, tip in enumerate(("Kiểm tra tên người nhận", "Kiểm tra số tiền", "Không quét mã lạ")):
        layers.append(Layer(still(_tip(number + 1, tip)), 48, 490 + number * 200, 0.5 + number * 1.2, 99))
    film(path, ground, layers, 6, (392.0, 440.0, 523.25, 587.33, 523.25, 392.0))


def _tip(number: int, text: str) -> Canvas:
    card = Canvas(624, 168, PAPER + "00")
    card.box(0, 0, 624, 168, PAPER, 28)
    card.disc(86, 84, 46, GOLD)
    card.text(86, 52, str(number), 50, INK, "ExtraBold", align="m")
    card.text(156, 60, text, 36, INK, "Bold")
    return card


def digital(path: Path) -> None:
    ground = landscape(AEC)
    layers = [
        Layer(words("DEFA là gì?", 150, WHITE, "ExtraBold", 1100), 92, 190, 0.1, 2.8),
        Layer(bar(96, 8, GOLD), 96, 404, 0.5, 2.8),
        Layer(words("Hiệp định khung về Kinh tế số ASEAN", 50, WHITE, "Bold", 1100), 96, 436, 0.7, 2.8),
    ]
    for number, aim in enumerate(("Thanh toán số", "Hóa đơn điện tử", "Bảo vệ dữ liệu")):
        layers.append(Layer(still(_tip(number + 1, aim)), 562, 84 + number * 184, 2.9 + number * 1.4, 99))
    film(path, ground, layers, 9, (349.23, 392.0, 466.16, 523.25, 587.33, 523.25, 466.16, 392.0, 349.23))


def sixty_film(path: Path) -> None:
    ground = landscape(CROSS)
    layers = [
        Layer(words("60", 300, WHITE, "ExtraBold", 620), 84, 120, 0.1, 3.2),
        Layer(words("năm ASEAN", 96, GOLD, "ExtraBold", 700), 520, 290, 0.7, 3.2),
    ]
    for place, (name, meaning, colour) in enumerate(COLOURS):
        start = 3.3 + place * 0.6
        layers.append(Layer(still(_colour(name, meaning, colour)), 330, 124 + place * 124, start, 7.4))
    motto = "Một Tầm nhìn\nMột Bản sắc\nMột Cộng đồng"
    layers.append(Layer(words(motto, 92, WHITE, "ExtraBold", 1000), 96, 180, 7.6, 99))
    notes = (261.63, 293.66, 349.23, 392.0, 440.0, 523.25, 587.33, 523.25, 440.0, 523.25)
    film(path, ground, layers, 10, notes)


def _colour(name: str, meaning: str, colour: str) -> Canvas:
    card = Canvas(720, 108, PAPER + "00")
    card.box(0, 0, 720, 108, PAPER, 22)
    card.disc(66, 54, 34, colour, "#C9C4D6" if colour == WHITE else colour, 2)
    card.text(126, 32, f"{name}: {meaning}", 34, INK, "Bold")
    return card


def question(path: Path) -> None:
    ground = Canvas(1080, 1080, CROSS.deep)
    ground.waves(0, 0, 1080, 1080, CROSS.deep, 104)
    ground.chip(84, 80, CROSS.name, GOLD, INK, 22)
    ground.text(84, 158, "ASEAN cho bạn\nđiều gì?", 104, WHITE, "ExtraBold", leading=1.2)
    ground.box(84, 434, 84, 8, GOLD, 4)
    ground.text(84, 990, FOOTER, 24, WHITE, "Medium")
    layers = []
    for number, answer in enumerate(("Một đoàn khách?", "Một đơn hàng?", "Một kỳ trao đổi?")):
        layers.append(Layer(still(_tip(number + 1, answer)), 84, 466 + number * 172, 0.8 + number * 1.4, 99))
    film(path, ground, layers, 7, (440.0, 523.25, 587.33, 659.26, 587.33, 523.25, 440.0))


# name -> the lines, each with its first and last second
SUBTITLES = {
    "tac.vi": ((0.2, 2.7, "TAC, lời hứa hòa bình của Đông Nam Á."), (2.9, 5.2, "Năm 1976, năm nước ký Hiệp ước."),
               (5.4, 7.8, "Đến đầu năm 2026: 58 quốc gia và tổ chức.")),
    "defa.vi": ((0.2, 2.8, "DEFA là Hiệp định khung về Kinh tế số ASEAN."),
                (3.0, 8.6, "Thanh toán số, hóa đơn điện tử, bảo vệ dữ liệu.")),
    "defa.en": ((0.2, 2.8, "DEFA is ASEAN’s Digital Economy Framework Agreement."),
                (3.0, 8.6, "Digital payments, electronic invoices, data protection.")),
    "60-nam.vi": ((0.2, 3.1, "ASEAN tròn 60 năm."), (3.4, 7.3, "Bốn màu cờ: hòa bình, dũng khí, thuần khiết, thịnh vượng."),
                  (7.6, 9.8, "Một Tầm nhìn, Một Bản sắc, Một Cộng đồng.")),
    "60-nam.en": ((0.2, 3.1, "ASEAN turns 60."), (3.4, 7.3, "Four colours: peace, courage, purity, prosperity."),
                  (7.6, 9.8, "One Vision, One Identity, One Community.")),
}  # fmt: skip


def thumbnail(pillar: Pillar, title: str, figure: str) -> Canvas:
    """16:9, as YouTube shows it (https://support.google.com/youtube/answer/72431)."""
    page = Canvas(1280, 720, pillar.deep)
    page.waves(0, 0, 1280, 720, pillar.deep, 104)
    page.chip(72, 64, pillar.name, GOLD, INK, 22)
    page.text(72, 150, figure, largest(figure, "ExtraBold", 1100, 250), GOLD, "ExtraBold")
    page.text(72, 450, title, largest(title, "ExtraBold", 1130, 80), WHITE, "ExtraBold", leading=1.22)
    return page


def captions(path: Path, lines: Sequence[tuple[float, float, str]]) -> None:
    """WebVTT, see https://www.w3.org/TR/webvtt1/"""
    cues = [f"00:00:{begin:06.3f} --> 00:00:{end:06.3f}\n{text}\n" for begin, end, text in lines]
    path.write_text("\n".join(["WEBVTT\n", *cues]), encoding="utf-8", newline="\n")


THUMBNAILS = {
    "tac": (APSC, "TAC: lời hứa hòa bình\ncủa Đông Nam Á", "1976"),
    "defa": (AEC, "Luật chơi chung\ncho kinh tế số ASEAN", "DEFA"),
    "60-nam": (CROSS, "Chúng ta giống nhau\nở điểm nào?", "60 năm"),
}
FILMS = {"tac": treaty, "quet-ma-qr": payment, "defa": digital, "60-nam": sixty_film, "hoi-dap": question}
