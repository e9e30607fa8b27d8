"""One small drawing for each of the eight trades, 300 pixels wide, around a centre."""

from canvas import GOLD, WHITE, Canvas

DEEP, BRIGHT, PALE = "#0D554D", "#1F8F80", "#BFE3DD"


def helmet(page: Canvas, x: float, y: float) -> None:
    page.oval(x, y + 20, 130, 130, GOLD)
    page.box(x - 140, y + 20, 280, 140, WHITE)
    page.box(x - 170, y + 20, 340, 38, GOLD, 19)
    page.box(x - 22, y - 118, 44, 136, "#F3CD77", 20)
    page.box(x - 120, y + 78, 240, 14, BRIGHT, 7)


def care(page: Canvas, x: float, y: float) -> None:
    for side in (-1, 1):
        page.disc(x + side * 62, y - 36, 76, "#D9605A")
    page.path([(x - 132, y - 8), (x + 132, y - 8), (x, y + 134)], "#D9605A")
    page.box(x - 20, y - 68, 40, 120, WHITE, 8)
    page.box(x - 60, y - 28, 120, 40, WHITE, 8)


def house(page: Canvas, x: float, y: float) -> None:
    page.box(x - 104, y - 20, 208, 150, BRIGHT, 6)
    page.path([(x, y - 130), (x + 150, y - 10), (x - 150, y - 10)], DEEP)
    page.box(x - 28, y + 46, 56, 84, GOLD, 6)
    for side in (-1, 1):
        page.box(x + side * 68 - 22, y + 14, 44, 44, PALE, 4)


def level(page: Canvas, x: float, y: float) -> None:
    for foot in (-96, 0, 96):
        page.path([(x, y - 10), (x + foot, y + 140)], DEEP, 14)
    page.box(x - 34, y - 44, 68, 44, BRIGHT, 10)
    page.box(x - 110, y - 116, 220, 72, DEEP, 18)
    page.box(x + 92, y - 128, 40, 96, GOLD, 12)
    page.disc(x - 60, y - 80, 18, PALE)


def stethoscope(page: Canvas, x: float, y: float) -> None:
    page.path([(x - 90, y - 120), (x - 90, y - 40)], DEEP, 16)
    page.path([(x + 30, y - 120), (x + 30, y - 40)], DEEP, 16)
    page.arc(x - 30, y - 40, 68, 0, 180, DEEP, 16)
    page.path([(x - 30, y + 20), (x - 30, y + 60)], DEEP, 16)
    page.arc(x + 38, y + 60, 76, 0, 180, DEEP, 16)
    page.path([(x + 106, y + 62), (x + 106, y + 8)], DEEP, 16)
    page.disc(x + 106, y - 20, 38, BRIGHT, DEEP, 10)
    page.disc(x - 90, y - 124, 14, GOLD)
    page.disc(x + 30, y - 124, 14, GOLD)


def tooth(page: Canvas, x: float, y: float) -> None:
    for side in (-1, 1):
        page.disc(x + side * 56, y - 40, 84, PALE)
        page.path([(x + side * 136, y - 20), (x + side * 10, y - 20), (x + side * 30, y + 50),
                   (x + side * 72, y + 140), (x + side * 112, y + 70)], PALE)  # fmt: skip
    page.box(x - 60, y - 60, 120, 90, PALE)
    page.arc(x - 50, y - 40, 56, 190, 260, WHITE, 12)


def ledger(page: Canvas, x: float, y: float) -> None:
    page.box(x - 110, y - 136, 220, 272, DEEP, 22)
    page.box(x - 84, y - 110, 168, 62, PALE, 10)
    for row in range(3):
        for column in range(3):
            last = (row, column) == (2, 2)
            page.box(x - 84 + column * 60, y - 26 + row * 52, 48, 40, GOLD if last else BRIGHT, 8)


def suitcase(page: Canvas, x: float, y: float) -> None:
    page.box(x - 52, y - 122, 104, 70, None, 20, DEEP, 16)
    page.box(x - 148, y - 72, 296, 200, BRIGHT, 24)
    for side in (-1, 1):
        page.box(x + side * 96 - 13, y - 72, 26, 200, DEEP)
    page.box(x - 26, y + 4, 52, 36, GOLD, 8)


TRADES = (
    (helmet, "Kỹ thuật", "MRA ký ngày 09/12/2005\ntại Kuala Lumpur"),
    (care, "Điều dưỡng", "MRA ký ngày 08/12/2006\ntại Cebu"),
    (house, "Kiến trúc", "MRA ký ngày 19/11/2007\ntại Singapore"),
    (level, "Khảo sát", "MRA ký ngày 19/11/2007\ntại Singapore"),
    (stethoscope, "Hành nghề y", "một trong tám nghề\ncó thỏa thuận MRA"),
    (tooth, "Nha khoa", "một trong tám nghề\ncó thỏa thuận MRA"),
    (ledger, "Kế toán", "một trong tám nghề\ncó thỏa thuận MRA"),
    (suitcase, "Du lịch", "một trong tám nghề\ncó thỏa thuận MRA"),
)
