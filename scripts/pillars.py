"""What all pictures and films of the sample share: the pillars with their colours, the line at the foot."""

from dataclasses import dataclass

from canvas import GOLD, WHITE

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

COLOURS = (
    ("Xanh", "hòa bình và ổn định", "#2C6FB3"),
    ("Đỏ", "dũng khí và năng động", "#C8433A"),
    ("Trắng", "sự thuần khiết", WHITE),
    ("Vàng", "thịnh vượng", GOLD),
)
