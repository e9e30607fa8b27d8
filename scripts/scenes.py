"""Painted scenes for the posts that will carry photographs: landscapes, crafts, things; nobody is shown."""

import math
import random

from canvas import GOLD, INK, PAPER, WHITE, Canvas, blend

Point = tuple[float, float]
LEAF = ("#2F6B45", "#3F8254", "#58995F", "#7BB06E")
PAPERS = ("#D9483B", "#F0A63A", "#E7739A", "#7A5BB5", "#3E8FC4", "#F4D35E")


def gradient(page: Canvas, top: str, bottom: str, y: float, height: float) -> None:
    steps = 90
    for step in range(steps):
        at = y + height * step / steps
        page.box(0, at, page.size[0], height / steps + 1, blend(top, bottom, step / (steps - 1)))


def ridge(page: Canvas, y: float, rise: float, fill: str, seed: int) -> None:
    """A row of hills with the ground below them."""
    width, height = page.size
    chance = random.Random(seed)
    waves = [(chance.uniform(1.5, 5), chance.uniform(0, math.tau), 1 / (n + 1)) for n in range(4)]
    line: list[Point] = []
    for x in range(0, width + 12, 12):
        lift = sum(part * math.sin(x / width * math.tau * pace / 2 + turn) for pace, turn, part in waves)
        line.append((x, y - rise * lift / 2))
    page.path([*line, (width + 12, height), (0, height)], fill)


def tree(page: Canvas, x: float, y: float, size: float, fill: str) -> None:
    page.box(x - size * 0.05, y - size * 0.5, size * 0.1, size * 0.5, "#5B4332", size * 0.03)
    for dx, dy, r in ((-0.22, -0.62, 0.26), (0.22, -0.64, 0.25), (0, -0.86, 0.3), (0, -0.58, 0.28)):
        page.disc(x + dx * size, y + dy * size, r * size, fill)
    page.disc(x - 0.09 * size, y - 0.92 * size, 0.13 * size, blend(fill, WHITE, 0.12))


def waterfall() -> Canvas:
    page = Canvas(1200, 900, "#DDEBE6")
    gradient(page, "#CFE3E2", "#EDF4EE", 0, 480)
    ridge(page, 300, 120, "#A9C8B8", 3)
    ridge(page, 400, 110, "#78A78C", 8)
    page.path([(0, 250), (430, 330), (470, 900), (0, 900)], "#42694F")
    page.path([(1200, 210), (740, 320), (700, 900), (1200, 900)], "#375C46")
    page.path([(430, 330), (740, 320), (705, 760), (465, 760)], "#DDF0F2")
    for place in range(13):
        x = 446 + place * 21
        page.path([(x, 334), (x + 8, 540), (x + (3 if place % 2 else -5), 756)], WHITE, 5)
    page.oval(590, 790, 330, 78, "#8CC3C9")
    page.oval(590, 776, 250, 44, "#B9DEE0")
    for x in range(440, 760, 36):
        page.disc(x, 758 + x % 5 * 3, 26, "#F2F9F8")
    for place in range(9):
        left, size = place % 2 == 0, 190 + place * 13
        x = 40 + place * 40 if left else 1180 - place * 42
        tree(page, x, 470 + place * 52, size, LEAF[place % 4])
    for x, y, r in ((120, 840, 62), (300, 872, 48), (870, 862, 58), (1050, 846, 74), (700, 880, 36)):
        page.oval(x, y, r * 1.4, r, "#6B7B74")
        page.oval(x - 8, y - 10, r * 1.1, r * 0.6, "#82928A")
    return page


def mist() -> Canvas:
    page = Canvas(1200, 900, "#FBEBD3")
    gradient(page, "#8FB7CF", "#FCE7C8", 0, 560)
    page.disc(820, 330, 130, "#FDF0D6")
    page.disc(820, 330, 84, "#FBD68C")
    for place, (y, fill) in enumerate(
        ((400, "#A7C3C4"), (480, "#83ABA7"), (570, "#5F9084"), (670, "#3F7261"), (780, "#2A5644"))
    ):
        ridge(page, y, 120 - place * 10, fill, 21 + place)
        for step in range(4 if place < 4 else 0):
            x = (place * 310 + step * 370) % 1300
            page.oval(x, y + 66, 240, 16, blend(fill, "#F4EFE2", 0.42))
    for place in range(14):
        tree(page, 20 + place * 92, 880 + place % 3 * 14, 110 + place % 4 * 18, LEAF[place % 2])
    return page


def trail() -> Canvas:
    page = Canvas(1200, 900, "#CFE3D2")
    gradient(page, "#DDEFE6", "#B6D5B5", 0, 520)
    ridge(page, 400, 80, "#8DB793", 5)
    ridge(page, 500, 60, "#6A9C73", 12)
    page.path([(560, 470), (640, 470), (930, 900), (270, 900)], "#CBB48C")
    for step in range(9):
        y = 490 + step * step * 5
        half = 36 + (y - 470) * 0.68
        page.box(600 - half, y, half * 2, 4 + step, "#A98F66", 3)
    for step in range(9):
        size = 130 + step * 34
        for side in (-1, 1):
            tree(page, 600 + side * (120 + step * 62), 500 + step * 50, size, LEAF[(step + side) % 4])
    return page


def flowers() -> Canvas:
    page = Canvas(1200, 900, "#F5EDE2")
    gradient(page, "#F8F1E7", "#EBDCC7", 0, 640)
    page.box(0, 640, 1200, 260, "#A9754B")
    for step in range(5):
        page.box(0, 660 + step * 52, 1200, 3, "#94643E")
    for place, (x, y) in enumerate(
        ((600, 190), (450, 250), (750, 250), (360, 370), (840, 370), (520, 370), (690, 375))
    ):
        page.path([(x, y), (600 + (x - 600) * 0.2, 560)], "#5C8A4E", 7)
        _flower(page, x, y, PAPERS[place % 6])
    page.path([(500, 540), (700, 540), (740, 640), (690, 760), (510, 760), (460, 640)], "#3D6F8E")
    page.box(488, 526, 224, 26, "#325C76", 12)
    page.path([(470, 640), (730, 640)], "#A8C8D9", 6)
    page.path([(480, 668), (720, 668)], "#A8C8D9", 3)
    for x, y, fill in ((250, 770, PAPERS[0]), (920, 790, PAPERS[3]), (1030, 740, PAPERS[1])):
        _flower(page, x, y, fill, 0.7)
    return page


def _flower(page: Canvas, x: float, y: float, fill: str, size: float = 1) -> None:
    for ring, count, r in ((58, 10, 34), (36, 8, 26)):
        colour = fill if ring == 58 else blend(fill, WHITE, 0.25)
        for petal in range(count):
            turn = math.tau * petal / count + ring
            page.disc(x + ring * size * math.cos(turn), y + ring * size * math.sin(turn), r * size, colour)
    page.disc(x, y, 24 * size, "#F7D774")


def hats() -> Canvas:
    page = Canvas(1200, 900, "#EFE6F5")
    gradient(page, "#D9CDEB", "#F6F0F8", 0, 660)
    page.box(0, 660, 1200, 240, "#8E7BA8")
    for x, y, size in ((330, 640, 250), (880, 650, 240), (600, 740, 320)):
        _hat(page, x, y, size)
    return page


def _hat(page: Canvas, x: float, y: float, size: float) -> None:
    page.oval(x, y + 8, size, size * 0.17, "#6F5D88")
    page.path([(x, y - size * 0.82), (x + size, y - 12), (x - size, y - 12)], "#F3E3B3")
    page.oval(x, y - 12, size, size * 0.15, "#F3E3B3")
    for ring in range(1, 9):
        half = size * ring / 9
        top = y - size * 0.82 + (size * 0.82 - 12) * ring / 9
        bend = [(x + half * step / 6, top + half * 0.15 * (1 - (step / 6) ** 2)) for step in range(-6, 7)]
        page.path(bend, "#D3B877", 3)
    for side in (-0.66, -0.33, 0, 0.33, 0.66):
        page.path([(x, y - size * 0.82), (x + size * side, y - 12 + size * 0.1)], "#E1CA91", 2)
    page.path([(x, y - size * 0.82), (x + size, y - 12), (x + size * 0.3, y + size * 0.12)], "#EAD69E")


def kites() -> Canvas:
    page = Canvas(1200, 900, "#F9D9A8")
    gradient(page, "#5F8FC0", "#FBDDB0", 0, 760)
    page.disc(980, 640, 96, "#FBE3A4")
    for x, y in ((180, 200), (640, 120), (1010, 250)):
        for dx, dy, r in ((0, 0, 44), (52, 10, 34), (-54, 12, 30), (100, 20, 22)):
            page.disc(x + dx, y + dy, r, "#DDE9F1")
    ridge(page, 770, 40, "#6F8F62", 31)
    ridge(page, 830, 26, "#4F7350", 33)
    for place, (x, y, size) in enumerate(
        ((300, 330, 110), (560, 250, 90), (820, 400, 120), (470, 520, 80), (1060, 150, 70))
    ):
        _kite(page, x, y, size, PAPERS[place], PAPERS[(place + 2) % 6])
    return page


def _kite(page: Canvas, x: float, y: float, size: float, one: str, other: str) -> None:
    string = [(x + step * 9, y + size + step * step * 0.9) for step in range(15)]
    page.path(string, "#F4F1EA", 2)
    page.path([(x, y - size), (x + size * 0.75, y), (x, y + size), (x - size * 0.75, y)], one)
    page.path([(x, y - size), (x + size * 0.75, y), (x, y + size)], other)
    page.path([(x, y - size), (x, y + size)], WHITE, 3)
    page.path([(x - size * 0.75, y), (x + size * 0.75, y)], WHITE, 3)
    for step in range(3):
        at = (x + 20 + step * 30, y + size + 12 + step * step * 12)
        page.path([at, (at[0] - 16, at[1] + 22), (at[0] + 20, at[1] + 18)], other)


def relief() -> Canvas:
    page = Canvas(1200, 900, "#D7E3EA")
    gradient(page, "#9DBBD0", "#EAF0F1", 0, 560)
    ridge(page, 520, 50, "#94AFA9", 41)
    page.box(0, 560, 1200, 340, "#8B9299")
    page.path([(0, 700), (1200, 640)], "#C9CFD2", 8)
    page.path([(110, 300), (60, 150), (150, 150), (270, 290)], "#4E7FA5")
    page.box(100, 290, 860, 130, "#F6F7F8", 62)
    page.box(100, 372, 860, 20, "#4E7FA5")
    for x in range(250, 860, 62):
        page.box(x, 322, 26, 30, "#7FA3BD", 10)
    page.path([(460, 390), (640, 390), (470, 520), (380, 520)], "#C5D0D8")
    page.oval(560, 470, 74, 32, "#5E7183")
    page.path([(300, 420), (300, 560)], "#5E6A75", 12)
    page.path([(800, 420), (800, 560)], "#5E6A75", 12)
    for x in (300, 800):
        page.disc(x, 568, 26, INK)
    for row, count in enumerate((5, 4, 2)):
        for place in range(count):
            _crate(page, 380 + row * 85 + place * 168, 720 - row * 128)
    return page


def _crate(page: Canvas, x: float, y: float) -> None:
    page.box(x, y, 156, 124, "#C99A5B", 6, "#A67B42", 4)
    page.box(x + 66, y, 24, 124, "#E0BD86")
    page.box(x + 18, y + 76, 40, 28, PAPER, 4)


def sunday() -> Canvas:
    page = Canvas(1200, 900, "#FBEFD9")
    gradient(page, "#A8CBDD", "#FDEBC9", 0, 420)
    page.disc(300, 300, 80, "#FCE1A0")
    ridge(page, 380, 50, "#8FAE9F", 51)
    gradient(page, "#9CC4CF", "#6FA6B8", 400, 230)
    for place in range(22):
        page.box(place * 97 % 1150, 430 + place * 8, 90, 3, "#C6E0E4", 2)
    page.path([(0, 650), (1200, 590), (1200, 900), (0, 900)], "#7FA867")
    page.path([(0, 720), (1200, 660), (1200, 790), (0, 850)], "#D9C7A0")
    tree(page, 910, 720, 560, LEAF[1])
    tree(page, 120, 660, 250, LEAF[2])
    page.path([(800, 700), (740, 430)], "#8A6238", 12)
    page.path([(770, 680), (834, 670), (868, 790), (772, 800)], "#CFA65A")
    for x in range(780, 866, 14):
        page.path([(800 + (x - 800) * 0.4, 690), (x, 792)], "#A67F3C", 3)
    chance = random.Random(7)
    for _ in range(190):
        x = chance.gauss(500, 92)
        y = 800 - max(0.0, 92 - abs(x - 500) * 0.7) * chance.random()
        page.oval(x, y, 17, 9, chance.choice(("#C9803B", "#D9A441", "#8FA54E", "#B5622F")))
    return page


def dove() -> Canvas:
    page = Canvas(1200, 900, "#123A63")
    page.waves(0, 0, 1200, 900, "#123A63")
    page.disc(600, 350, 252, "#1D5288", GOLD, 5)
    page.path([(430, 330), (560, 290), (650, 300), (760, 250), (800, 268), (780, 300), (720, 400), (620, 460),
               (500, 450), (400, 500), (370, 470), (440, 410)], WHITE)  # fmt: skip
    page.path([(540, 320), (470, 150), (620, 220), (690, 310), (620, 390)], "#EAF1F8")
    page.path([(600, 320), (640, 140), (720, 230), (720, 320), (660, 390)], "#D5E4F1")
    page.disc(770, 274, 6, INK)
    page.path([(800, 268), (832, 280), (792, 290)], GOLD)
    page.path([(820, 282), (880, 330)], "#8CBF7A", 5)
    for step in range(4):
        page.oval(834 + step * 14, 290 + step * 14, 13, 7, "#8CBF7A")
    page.text(600, 648, "15/12/1995", 84, GOLD, "ExtraBold", align="m")
    page.text(600, 764, "Đông Nam Á không có vũ khí hạt nhân", 44, WHITE, "Bold", align="m")
    return page


def charter() -> Canvas:
    page = Canvas(1200, 900, "#F3ECDD")
    gradient(page, "#123A63", "#2C78B8", 0, 330)
    page.text(600, 84, "Hiến chương ASEAN", 76, WHITE, "ExtraBold", align="m")
    page.text(600, 204, "20/11/2007 - 15/12/2008", 52, GOLD, "Bold", align="m")
    page.path([(120, 800), (200, 430), (1000, 430), (1080, 800)], "#8A5A35")
    for side in (-1, 1):
        page.path([(600, 470), (600 + side * 380, 440), (600 + side * 440, 760), (600, 790)], "#FFFDF7")
        for row in range(8):
            y = 516 + row * 30
            inner, outer = 600 + side * 40, 600 + side * (330 + row * 8)
            page.path([(inner, y), (outer, y - 22)], "#C9C2B2", 5)
    page.path([(600, 470), (600, 790)], "#D8CFBC", 6)
    skin, shade = "#E2B48E", "#C7946C"
    page.path([(1200, 610), (1200, 880), (960, 800), (900, 740), (920, 660), (1000, 620)], "#2C78B8")
    page.oval(880, 690, 96, 62, skin)
    for y, reach in ((636, 716), (668, 694), (700, 700), (730, 722)):
        page.box(reach, y, 180, 27, skin, 13, shade, 2)
    page.box(800, 752, 116, 28, skin, 14, shade, 2)
    return page
