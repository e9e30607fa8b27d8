"""Makes every picture and film of the sample campaign: `python scripts/make_media.py [FOLDER]`.

Needs, beside the package itself: pip install av fontpkg-be-vietnam-pro
The font is Be Vietnam Pro (SIL Open Font License 1.1, https://github.com/bettergui/BeVietnamPro), taken from where pip
put it. The same versions of Pillow and PyAV give the same bytes again. No map, no emblem, no flag, no person: whoever
uses the sample needs nobody's permission.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import scenes
from canvas import GOLD, INK, PAPER, SOFT, WHITE, Canvas, blend, largest
from film import Layer, Picture, bar, ease, film, still, words
from PIL import Image
from trades import TRADES

FOLDER = Path(__file__).resolve().parent.parent / "campaigns" / "media"
FOOTER = "ASEAN tròn 60 năm  ·  1967 - 2027"


@dataclass(frozen=True)
class Pillar:
    name: str
    deep: str
    bright: str
    tint: str


APSC = Pillar("Chính trị - An ninh", "#123A63", "#2C78B8", "#E3EDF6")
AEC = Pillar("Kinh tế", "#0D554D", "#1F8F80", "#E0F1EE")
ASCC = Pillar("Văn hóa - Xã hội", "#7D3A20", "#C96F42", "#FAECE3")
CROSS = Pillar("Liên trụ cột", "#45306A", "#8063B3", "#EEE9F6")  # the violet that Huế is known for


@dataclass(frozen=True)
class Cover:
    name: str
    pillar: Pillar
    title: str
    figure: str
    caption: str


COVERS = (
    Cover("tac", APSC, "TAC: nửa thế kỷ\nmột lời hứa\nhòa bình", "58", "quốc gia và tổ chức\ntham gia, đến đầu năm 2026"),
    Cover("viet-nam", APSC, "Việt Nam\ntrong ASEAN:\nchủ động, tích cực\nvà có trách nhiệm", "2045", "Tầm nhìn\nCộng đồng ASEAN"),
    Cover("lich-asean", APSC, "Lịch ASEAN\ntrong một năm:\nnhững mốc cần nhớ", "08/08", "Ngày ASEAN, hằng năm"),
    Cover("rcep", AEC, "RCEP sau 5 năm:\ndoanh nghiệp\ncần biết gì?", "15", "nền kinh tế cùng ký\nngày 15/11/2020"),
    Cover("defa", AEC, "DEFA: luật chơi\nchung cho\nkinh tế số ASEAN", "DEFA", "Hiệp định khung\nvề Kinh tế số ASEAN"),
    Cover("hanh-lang", AEC, "Hành lang kinh tế\nĐông - Tây và Huế", "1.450", "km đường bộ, bốn nước,\nđi qua Huế"),
    Cover("aun", ASCC, "AUN:\ncánh cửa ASEAN\ncho sinh viên", "1995", "năm Mạng lưới các trường\nđại học ASEAN ra đời"),
    Cover("dai-dich", ASCC, "Nhìn lại: ASEAN\ncùng nhau vượt qua\nđại dịch", "2020", "năm Việt Nam\nlàm Chủ tịch ASEAN"),
    Cover("sot-xuat-huyet", ASCC, "15/06: cùng ASEAN\nphòng, chống\nsốt xuất huyết", "15/06", "ba việc nhỏ,\ncả nhà cùng làm"),
    Cover("60-nam", CROSS, "60 năm ASEAN:\ný nghĩa\nlá cờ chung", "60", "năm thành lập\n1967 - 2027"),
    Cover("hien-chuong", APSC, "Hiến chương ASEAN:\nbước ngoặt của một\ntổ chức khu vực", "2007", "năm ký Hiến chương,\nngày 20/11"),
    Cover("tam-nghe", AEC, "Tám nghề\nđược thừa nhận\nlẫn nhau\ntrong ASEAN", "8", "thỏa thuận thừa nhận\nlẫn nhau (MRA)"),
    Cover("bach-ma", ASCC, "Bạch Mã tròn một năm\nlà Vườn Di sản\nASEAN", "1", "năm, từ đầu\ntháng 12/2025"),
    Cover("cuu-tro", ASCC, "Khi ASEAN đến với\nngười dân vùng lũ", "3", "chuyến hàng cứu trợ\ntháng 11/2025"),
    Cover("vhxh", ASCC, "Việt Nam và trụ cột\nVăn hóa - Xã hội\ncủa ASEAN", "2023", "Việt Nam là Chủ tịch Ủy ban\nvề Quản lý thiên tai"),
    Cover("bay-moc", CROSS, "Cộng đồng ASEAN:\nbảy mốc đáng nhớ", "7", "mốc, từ năm 1967\nđến năm 2025"),
    Cover("chu-nhat-xanh", CROSS, "Chủ nhật xanh và\ndanh hiệu Thành phố\nDu lịch sạch ASEAN", "108", "tiêu chí, thuộc\nbảy nhóm"),
    Cover("11-thanh-vien", CROSS, "Cộng đồng ASEAN\n11 thành viên:\ný nghĩa với mỗi nước\nvà cả khu vực", "11", "thành viên,\ntừ ngày 26/10/2025"),
)  # fmt: skip


def cover(it: Cover) -> Canvas:
    page = Canvas(1000, 640, PAPER)
    page.chip(56, 56, it.pillar.name, it.pillar.deep)
    page.box(56, 138, 64, 6, GOLD, 3)
    size = largest(it.title, "Bold", 516, 58)
    page.text(56, 164, it.title, size, weight="Bold", leading=1.25)
    page.text(56, 556, FOOTER, 20, SOFT, "Medium")
    page.waves(610, 0, 390, 640, it.pillar.deep)
    page.disc(805, 272, 158, it.pillar.deep, GOLD, 5)
    page.disc(805, 272, 143, None, blend(it.pillar.deep, WHITE, 0.35), 1.5)
    size = largest(it.figure, "ExtraBold", 244, 128)
    page.text(805, 272 - size * 0.65, it.figure, size, WHITE, "ExtraBold", align="m")
    page.text(805, 462, it.caption, 25, WHITE, "Medium", align="m")
    return page


def head(page: Canvas, pillar: Pillar, title: str, size: float) -> float:
    """The top of an infographic on a dark ground: pillar, title, gold bar."""
    page.chip(64, 56, pillar.name, GOLD, INK)
    y = page.text(64, 112, title, size, WHITE, "ExtraBold", leading=1.24)
    page.box(64, y + 12, 72, 6, GOLD, 3)
    return y + 18


def foot(page: Canvas, note: str, ink: str) -> None:
    width, height = page.size
    page.text(64, height - 64, FOOTER, 20, ink, "Medium")
    page.text(width - 64, height - 64, note, 20, ink, "Medium", align="r")


def year() -> Canvas:
    page = Canvas(1080, 1350, APSC.deep)
    page.waves(0, 0, 1080, 1350, APSC.deep)
    head(page, APSC, "Một năm của ASEAN có gì?", 62)
    page.box(48, 246, 984, 1012, PAPER, 28)
    _months(page)
    _event(page, 274, 96, "Hội nghị hẹp Bộ trưởng Ngoại giao", "Tháng 1: mở đầu năm công tác")
    _event(page, 506, 112, "Hội nghị Cấp cao, kỳ thứ nhất", "Nửa đầu năm: lãnh đạo các nước gặp nhau")
    _event(page, 750, 92, "Hội nghị Bộ trưởng Ngoại giao ASEAN", "Mùa hè")
    _event(page, 852, 92, "08/08: Ngày ASEAN", "Năm 2027, ASEAN tròn 60 năm", star=True)
    _event(page, 1026, 112, "Hội nghị Cấp cao, kỳ thứ hai", "Nửa cuối năm: lãnh đạo các nước gặp lại nhau")
    page.text(
        300,
        1164,
        "Singapore là Chủ tịch ASEAN năm 2027.\nThời gian từng sự kiện do nước Chủ tịch công bố.",
        23,
        SOFT,
    )
    foot(page, "Lưu lại để theo dõi", WHITE)
    return page


def _months(page: Canvas) -> None:
    first, step = 322, 80
    page.box(188, first, 8, step * 11, blend(APSC.tint, APSC.bright, 0.25), 4)
    for month in range(12):
        y, marked = first + step * month, month in {0, 7}
        page.disc(192, y, 17 if marked else 10, GOLD if marked else APSC.bright, PAPER, 3)
        page.text(
            150,
            y - 16,
            f"T{month + 1}",
            24,
            INK if marked else SOFT,
            "Bold" if marked else "Medium",
            align="r",
        )
    for top, bottom in ((1, 5), (8, 11)):
        page.arc(218, first + step * top + 20, 20, 270, 360, APSC.bright, 4)
        page.box(234, first + step * top + 20, 4, step * (bottom - top) - 40, APSC.bright)
        page.arc(218, first + step * bottom - 20, 20, 0, 90, APSC.bright, 4)


def _event(page: Canvas, y: float, height: float, title: str, detail: str, *, star: bool = False) -> None:
    page.box(276, y, 720, height, GOLD if star else APSC.tint, 16)
    middle = y + height / 2
    page.text(304, middle - 38, title, 29, INK, "Bold")
    page.text(304, middle + 2, detail, 24, INK if star else SOFT, "Medium")


def rcep() -> Canvas:
    page = Canvas(1200, 630, AEC.deep)
    page.waves(0, 0, 1200, 630, AEC.deep)
    y = head(page, AEC, "5 năm RCEP:\nmột sân chơi 15 nền kinh tế", 44)
    for figure, detail in (
        ("2,2 tỷ người", "chừng 30% dân số thế giới, khi ký"),
        ("15/11/2020", "ngày ký, dưới sự chủ trì của Việt Nam"),
        ("01/01/2022", "ngày hiệp định có hiệu lực"),
    ):
        page.text(64, y + 22, figure, 34, GOLD, "Bold")
        page.text(320, y + 30, detail, 22, WHITE, "Medium")
        y += 72
    _ring(page, 940, 262, 170)
    page.disc(722, 484, 9, GOLD)
    page.text(746, 468, "10 nước ASEAN", 22, WHITE, "SemiBold")
    page.disc(722, 523, 9, "#8FD6CB")
    page.text(
        746,
        507,
        "5 đối tác: Australia, Trung Quốc,\nNhật Bản, Hàn Quốc, New Zealand",
        22,
        WHITE,
        "SemiBold",
    )
    page.text(64, 566, FOOTER, 20, WHITE, "Medium")
    return page


def _ring(page: Canvas, x: float, y: float, r: float) -> None:
    for part in range(15):
        start = -90 + part * 24
        page.arc(x, y, r, start + 1.4, start + 22.6, GOLD if part < 10 else "#8FD6CB", 46)
    page.text(x, y - 66, "15", 84, WHITE, "ExtraBold", align="m")
    page.text(x, y + 30, "nền kinh tế", 24, WHITE, "SemiBold", align="m")


STOPS = (
    ("Mawlamyine", "Myanmar"),
    ("Thái Lan", ""),
    ("Lào", ""),
    ("Lao Bảo", "Quảng Trị"),
    ("Huế", "Việt Nam"),
    ("Đà Nẵng", "cảng biển"),
)


def corridor() -> Canvas:
    page = Canvas(1200, 630, PAPER)
    page.waves(0, 0, 1200, 258, AEC.deep)
    head(page, AEC, "1.450 km, 4 nước, một con đường đi qua Huế", 44)
    page.box(142, 351, 915, 8, AEC.bright, 4)
    for place, (name, detail) in enumerate(STOPS):
        x, here = 142 + place * 183, name == "Huế"
        page.disc(x, 355, 26 if here else 17, GOLD if here else PAPER, AEC.deep, 6)
        page.text(x, 396, name, 28 if here else 25, INK, "ExtraBold" if here else "Bold", align="m")
        page.text(x, 434, detail, 20, SOFT, align="m")
    page.text(64, 490, "1998: nêu ý tưởng   ·   cuối năm 2006: thông tuyến", 25, AEC.deep, "SemiBold")
    foot(page, "Sơ đồ minh họa, không theo tỷ lệ", SOFT)
    return page


def dengue() -> Canvas:
    page = Canvas(1080, 1350, ASCC.deep)
    page.waves(0, 0, 1080, 1350, ASCC.deep)
    head(page, ASCC, "Ba việc hôm nay\nđể nhà mình không có muỗi vằn", 54)
    steps = (
        (_jar, "Đậy kín", "dụng cụ chứa nước: chum, vại, bể"),
        (_basin, "Lật úp", "hoặc dọn bỏ vật đọng nước quanh nhà"),
        (_net, "Ngủ màn", "kể cả ban ngày"),
    )
    for number, (drawing, title, detail) in enumerate(steps):
        y = 330 + number * 290
        page.box(48, y, 984, 268, PAPER, 28)
        page.box(48, y, 330, 268, ASCC.tint, 28)
        drawing(page, 213, y + 134)
        page.text(420, y + 42, str(number + 1), 40, ASCC.bright, "ExtraBold")
        page.text(420, y + 88, title, 48, INK, "ExtraBold")
        page.text(420, y + 158, detail, 28, SOFT, "Medium")
    page.text(64, 1226, "15/06", 58, GOLD, "ExtraBold")
    page.text(272, 1248, "Ngày ASEAN phòng, chống sốt xuất huyết", 28, WHITE, "SemiBold")
    return page


def _jar(page: Canvas, x: float, y: float) -> None:
    page.oval(x, y + 30, 84, 76, ASCC.bright)
    page.box(x - 52, y + 84, 104, 20, ASCC.bright, 8)
    page.arc(x, y + 26, 62, 110, 165, blend(ASCC.bright, WHITE, 0.45), 8)
    page.box(x - 60, y - 50, 120, 26, blend(ASCC.bright, ASCC.deep, 0.45), 8)
    page.box(x - 88, y - 72, 176, 26, ASCC.deep, 13)
    page.disc(x, y - 84, 15, ASCC.deep)


def _basin(page: Canvas, x: float, y: float) -> None:
    page.path([(x - 66, y - 46), (x + 66, y - 46), (x + 100, y + 52), (x - 100, y + 52)], ASCC.bright)
    page.box(x - 66, y - 58, 132, 18, blend(ASCC.bright, ASCC.deep, 0.45), 6)
    page.box(x - 114, y + 46, 228, 22, ASCC.deep, 11)
    page.path([(x - 58, y - 22), (x - 74, y + 26)], blend(ASCC.bright, WHITE, 0.45), 8)
    page.box(x - 130, y + 84, 260, 6, blend(ASCC.tint, ASCC.deep, 0.3), 3)


def _net(page: Canvas, x: float, y: float) -> None:
    page.path([(x, y - 100), (x + 118, y + 74), (x - 118, y + 74)], blend(ASCC.tint, ASCC.bright, 0.28))
    for foot_x in (-118, -70, -24, 24, 70, 118):
        page.path([(x, y - 100), (x + foot_x, y + 74)], WHITE, 3)
    page.disc(x, y - 100, 10, ASCC.deep)
    page.box(x - 128, y + 70, 256, 22, ASCC.deep, 8)
    page.box(x - 82, y + 46, 52, 26, WHITE, 12)
    page.disc(x - 50, y + 38, 20, "#E9BE98")
    page.box(x - 34, y + 34, 112, 38, ASCC.bright, 18)


COLOURS = (
    ("Xanh", "hòa bình và ổn định", "#2C6FB3"),
    ("Đỏ", "dũng khí và năng động", "#C8433A"),
    ("Trắng", "sự thuần khiết", WHITE),
    ("Vàng", "thịnh vượng", GOLD),
)


def sixty() -> Canvas:
    page = Canvas(1200, 630, CROSS.deep)
    page.waves(0, 0, 1200, 630, CROSS.deep)
    page.chip(64, 56, CROSS.name, GOLD, INK)
    page.text(58, 96, "60", 220, WHITE, "ExtraBold")
    page.text(64, 356, "năm ASEAN", 56, GOLD, "ExtraBold")
    page.text(64, 434, "Bốn màu cờ nói điều gì?", 31, WHITE, "SemiBold")
    page.text(64, 566, FOOTER, 20, WHITE, "Medium")
    for place, (name, meaning, colour) in enumerate(COLOURS):
        y = 56 + place * 131
        page.box(560, y, 576, 115, PAPER, 22)
        page.disc(628, y + 57, 35, colour, "#C9C4D6" if colour == WHITE else colour, 2)
        page.text(692, y + 16, name, 33, INK, "Bold")
        page.text(692, y + 60, meaning, 27, SOFT, "Medium")
    return page


MILESTONES = (
    ("08/08/1967", "Năm nước ký Tuyên bố Bangkok, ASEAN ra đời"),
    ("28/07/1995", "Việt Nam gia nhập"),
    ("30/04/1999", "Campuchia gia nhập, ASEAN có 10 thành viên"),
    ("15/12/2008", "Hiến chương ASEAN có hiệu lực"),
    ("31/12/2015", "Cộng đồng ASEAN hình thành với ba trụ cột"),
    ("26/05/2025", "Thông qua Tầm nhìn Cộng đồng ASEAN 2045"),
    ("26/10/2025", "Timor-Leste trở thành thành viên thứ 11"),
)


def milestones() -> Canvas:
    page = Canvas(1080, 1350, CROSS.deep)
    page.waves(0, 0, 1080, 1350, CROSS.deep)
    head(page, CROSS, "Từ 5 nước đến 11 nước", 62)
    page.box(112, 300, 8, 840, blend(CROSS.deep, WHITE, 0.4), 4)
    for place, (day, event) in enumerate(MILESTONES):
        y, last = 246 + place * 140, place == len(MILESTONES) - 1
        page.disc(116, y + 57, 24, GOLD if last else PAPER, CROSS.bright, 6)
        page.box(176, y, 840, 114, GOLD if last else PAPER, 20)
        page.text(208, y + 14, day, 36, INK if last else CROSS.deep, "ExtraBold")
        page.text(208, y + 64, event, 27, INK, "Medium")
    foot(page, "Mốc nào bạn nhớ nhất?", WHITE)
    return page


def trade(number: int) -> Canvas:
    drawing, name, detail = TRADES[number - 1]
    page = Canvas(1080, 1080, AEC.deep)
    page.waves(0, 0, 1080, 1080, AEC.deep)
    page.chip(64, 56, AEC.name, GOLD, INK)
    page.text(1016, 50, f"{number}/{len(TRADES)}", 34, WHITE, "Bold", align="r")
    page.box(240, 150, 600, 440, WHITE, 36)
    drawing(page, 540, 370)
    page.text(540, 640, name, 84, WHITE, "ExtraBold", align="m")
    page.text(540, 776, detail, 40, GOLD, "SemiBold", align="m")
    page.text(540, 940, "Thỏa thuận thừa nhận lẫn nhau trong ASEAN", 28, WHITE, "Medium", align="m")
    page.text(540, 1000, FOOTER, 20, WHITE, "Medium", align="m")
    return page


# Films


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


def treaty(path: Path) -> None:
    ground = Canvas(1280, 720, APSC.deep)
    ground.waves(0, 0, 1280, 720, APSC.deep, 104)
    ground.chip(96, 72, APSC.name, GOLD, INK, 22)
    ground.text(96, 640, FOOTER, 24, WHITE, "Medium")
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
    ground = Canvas(1280, 720, AEC.deep)
    ground.waves(0, 0, 1280, 720, AEC.deep, 104)
    ground.chip(96, 72, AEC.name, GOLD, INK, 22)
    ground.text(96, 640, FOOTER, 24, WHITE, "Medium")
    layers = [
        Layer(words("DEFA là gì?", 150, WHITE, "ExtraBold", 1100), 92, 190, 0.1, 2.8),
        Layer(bar(96, 8, GOLD), 96, 404, 0.5, 2.8),
        Layer(words("Hiệp định khung về Kinh tế số ASEAN", 50, WHITE, "Bold", 1100), 96, 436, 0.7, 2.8),
    ]
    for number, aim in enumerate(("Thanh toán số", "Hóa đơn điện tử", "Bảo vệ dữ liệu")):
        layers.append(Layer(still(_tip(number + 1, aim)), 330, 136 + number * 174, 2.9 + number * 1.4, 99))
    film(path, ground, layers, 9, (349.23, 392.0, 466.16, 523.25, 587.33, 523.25, 466.16, 392.0, 349.23))


def sixty_film(path: Path) -> None:
    ground = Canvas(1280, 720, CROSS.deep)
    ground.waves(0, 0, 1280, 720, CROSS.deep, 104)
    ground.chip(96, 72, CROSS.name, GOLD, INK, 22)
    ground.text(96, 640, FOOTER, 24, WHITE, "Medium")
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
    ground.chip(84, 90, CROSS.name, GOLD, INK, 22)
    ground.text(84, 176, "ASEAN cho bạn\nđiều gì?", 104, WHITE, "ExtraBold", leading=1.2)
    ground.box(84, 452, 84, 8, GOLD, 4)
    ground.text(84, 990, FOOTER, 24, WHITE, "Medium")
    layers = []
    for number, answer in enumerate(("Một đoàn khách?", "Một đơn hàng?", "Một kỳ trao đổi?")):
        layers.append(Layer(still(_tip(number + 1, answer)), 84, 490 + number * 164, 0.8 + number * 1.4, 99))
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


def captions(path: Path, lines: Sequence[tuple[float, float, str]]) -> None:
    """WebVTT, see https://www.w3.org/TR/webvtt1/"""
    cues = [f"00:00:{begin:06.3f} --> 00:00:{end:06.3f}\n{text}\n" for begin, end, text in lines]
    path.write_text("\n".join(["WEBVTT\n", *cues]), encoding="utf-8", newline="\n")


SCENES = {
    "bach-ma-1": scenes.waterfall,
    "bach-ma-2": scenes.mist,
    "bach-ma-3": scenes.trail,
    "trai-he-1": scenes.flowers,
    "trai-he-2": scenes.hats,
    "trai-he-3": scenes.kites,
    "cuu-tro": scenes.relief,
    "chu-nhat-xanh": scenes.sunday,
    "khong-vu-khi": scenes.dove,
    "hien-chuong": scenes.charter,
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for it in COVERS:
        cover(it).save(folder / f"bia-{it.name}.jpg")
    for name, draw in (
        ("lich-asean", year),
        ("rcep", rcep),
        ("hanh-lang", corridor),
        ("sot-xuat-huyet", dengue),
        ("60-nam", sixty),
        ("bay-moc", milestones),
        *SCENES.items(),
    ):
        draw().save(folder / f"{name}.jpg")
    for number in range(1, len(TRADES) + 1):
        trade(number).save(folder / f"nghe-{number}.jpg")
    treaty(folder / "tac.mp4")
    payment(folder / "quet-ma-qr.mp4")
    digital(folder / "defa.mp4")
    sixty_film(folder / "60-nam.mp4")
    question(folder / "hoi-dap.mp4")
    for name, lines in SUBTITLES.items():
        captions(folder / f"{name}.vtt", lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
