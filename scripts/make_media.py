"""Makes every picture and film of the sample campaign: `python scripts/make_media.py [FOLDER]`.

Needs, beside the package itself: pip install av fontpkg-be-vietnam-pro
The font is Be Vietnam Pro (SIL Open Font License 1.1, https://github.com/bettergui/BeVietnamPro), taken from where pip
put it. The same versions of Pillow and PyAV give the same bytes again. No map, no emblem, no flag, no person: whoever
uses the sample needs nobody's permission.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import sample_films as films
import scenes
from canvas import GOLD, INK, PAPER, SOFT, WHITE, Canvas, blend, largest
from pillars import AEC, APSC, ASCC, COLOURS, CROSS, FOOTER, Pillar
from trades import TRADES

FOLDER = Path(__file__).resolve().parent.parent / "campaigns" / "media"


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
    Cover("vhxh", ASCC, "Việt Nam và trụ cột\nVăn hóa - Xã hội\ncủa ASEAN", "2023", "năm Việt Nam làm\nChủ tịch Ủy ban ASEAN\nvề Quản lý thiên tai"),
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
    for name, seen in films.THUMBNAILS.items():
        films.thumbnail(*seen).save(folder / f"hinh-{name}.jpg")
    for name, make in films.FILMS.items():
        make(folder / f"{name}.mp4")
    for name, lines in films.SUBTITLES.items():
        films.captions(folder / f"{name}.vtt", lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
