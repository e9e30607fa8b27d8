"""What the office's programme counts: pillars, themes, forms, goals, audiences, periods.

Source of goals, pillars, themes 1-24 and forms: the Huế plan on publicity for ASEAN (wording shortened);
themes 25 and 26 are additions, the last because the plan's own list is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from asean_social import text


class Pillar(StrEnum):
    APSC = "apsc"
    AEC = "aec"
    ASCC = "ascc"
    CROSS = "cross"


@dataclass(frozen=True, slots=True)
class Term:
    slug: str
    alias: str  # unaccented Vietnamese; a second name people may type
    vi: str
    en: str


TERMS: Mapping[str, tuple[Term, ...]] = MappingProxyType(
    {
        "pillar": (
            Term("apsc", "chinh-tri-an-ninh", "Cộng đồng Chính trị - An ninh", "Political-Security Community"),
            Term("aec", "kinh-te", "Cộng đồng Kinh tế", "Economic Community"),
            Term("ascc", "van-hoa-xa-hoi", "Cộng đồng Văn hóa - Xã hội", "Socio-Cultural Community"),
            Term("cross", "chung", "Chung, liên trụ cột", "Cross-cutting"),
        ),
        "theme": (
            Term("regular-events", "su-kien-thuong-ky", "các sự kiện quan trọng thường kỳ của ASEAN", "regular ASEAN events"),
            Term("diplomacy", "ngoai-giao", "các hoạt động chính trị - ngoại giao quan trọng", "political and diplomatic activity"),
            Term("investment-business", "dau-tu-kinh-doanh", "các hoạt động đầu tư, kinh doanh", "investment and business"),
            Term("trade-agreements", "thuong-mai-tu-do", "các thỏa thuận thương mại tự do khu vực ASEAN", "regional free-trade agreements"),
            Term("human-resources", "nhan-luc-viec-lam", "phát triển nguồn nhân lực, lao động - việc làm", "human resources, labour, jobs"),
            Term("digital-economy", "kinh-te-so", "kinh tế số, chuyển đổi số", "digital economy and transformation"),
            Term("education", "giao-duc", "giáo dục", "education"),
            Term("environment", "moi-truong", "bảo vệ môi trường, phát triển bền vững", "environment, sustainable development"),
            Term("subregional", "tieu-vung", "hợp tác tiểu vùng", "sub-regional cooperation"),
            Term("covid-recovery", "phuc-hoi-covid", "hợp tác ứng phó và phục hồi sau đại dịch COVID-19", "COVID-19 response and recovery"),
            Term("people-stories", "cau-chuyen", "câu chuyện thực tiễn, mô hình và nhân vật điển hình về lợi ích thiết thực", "real stories, models, exemplary people"),
            Term("citizen-participation", "nguoi-dan-tham-gia", "cơ hội để người dân tham gia đóng góp cho Cộng đồng", "ways for people to contribute"),
            Term("vn-in-apsc", "viet-nam-apsc", "sự tham gia của Việt Nam: trụ cột Chính trị - An ninh", "Viet Nam in the APSC"),
            Term("vn-in-aec", "viet-nam-aec", "sự tham gia của Việt Nam: trụ cột Kinh tế", "Viet Nam in the AEC"),
            Term("vn-in-ascc", "viet-nam-ascc", "sự tham gia của Việt Nam: trụ cột Văn hóa - Xã hội", "Viet Nam in the ASCC"),
            Term("asean-for-vietnam", "tam-quan-trong", "tầm quan trọng của ASEAN đối với Việt Nam", "why ASEAN matters to Viet Nam"),
            Term("vn-long-term-interest", "loi-ich-lau-dai", "lợi ích cơ bản và lâu dài của Việt Nam trong một Cộng đồng liên kết chặt chẽ hơn, đoàn kết, thống nhất, có vai trò chủ đạo ở khu vực", "Viet Nam's lasting interest in a united, leading ASEAN"),
            Term("community-building", "qua-trinh-hinh-thanh", "quá trình hình thành, lợi ích và kết quả xây dựng Cộng đồng (2015 - 2025)", "how the Community was built, benefits, results"),
            Term("asean-standing", "vi-the-thanh-tuu", "vai trò, vị thế và các thành tựu của ASEAN", "role, standing, achievements"),
            Term("asean-change", "thay-doi", "những thay đổi của ASEAN từ khi hình thành Cộng đồng", "what has changed since the Community was formed"),
            Term("community-meaning", "y-nghia", "ý nghĩa của Cộng đồng đối với hợp tác, phát triển chung ở khu vực và từng nước", "meaning for the region and each country"),
            Term("asean-identity", "ban-sac", "Bản sắc ASEAN", "ASEAN identity"),
            Term("people-to-people", "ket-noi-con-nguoi", "kết nối con người với con người", "people-to-people ties"),
            Term("people-centred", "vi-con-nguoi", "Cộng đồng vì con người và lấy con người làm trung tâm", "for people, centred on people"),
            Term("vision-2045", "tam-nhin-2045", "ASEAN 2045, Timor-Leste, định hướng sau 2025", "ASEAN 2045, Timor-Leste, the frame after 2025"),
            Term("other", "khac", "chủ đề khác", "other"),
        ),
        "form": (
            Term("infographic", "do-hoa", "infographic", "infographic"),
            Term("video-clip", "video", "video clip", "video clip"),
            Term("article", "bai-viet", "tin, bài viết", "news item, article"),
            Term("photo-set", "bo-anh", "ảnh, bộ ảnh", "photos"),
            Term("publication", "an-pham", "ấn phẩm", "publication"),
            Term("book", "sach", "sách", "book"),
            Term("supplement", "phu-san", "phụ san", "supplement"),
            Term("leaflet", "to-roi", "tờ rơi", "leaflet"),
            Term("conference", "hoi-nghi", "hội nghị", "conference"),
            Term("seminar", "hoi-thao", "hội thảo chuyên đề", "thematic seminar"),
            Term("training", "tap-huan", "tập huấn", "training course"),
            Term("talk", "toa-dam", "tọa đàm", "round table, talk"),
            Term("exhibition", "trien-lam", "triển lãm", "exhibition"),
            Term("other-form", "hinh-thuc-khac", "hình thức khác", "other"),
        ),
        "goal": (
            Term("understand", "hieu-biet", "đông đảo quần chúng nhân dân hiểu về Cộng đồng ASEAN", "the public understands the ASEAN Community"),
            Term("narrow-gap", "thu-hep-khoang-cach", "thu hẹp khoảng cách giữa hợp tác khu vực và cảm nhận của công chúng", "narrow the gap between regional cooperation and what people feel of it"),
            Term("consensus", "dong-thuan", "tạo đồng thuận, niềm tin và sự ủng hộ của người dân, dư luận xã hội", "build consensus, trust and support"),
            Term("think-community", "tu-duy-cong-dong", "nâng cao ý thức “Tư duy Cộng đồng, Hành động Cộng đồng”", "“Think Community, Act Community”"),
            Term("take-part", "tham-gia", "phát huy vai trò chủ thể của người dân để tham gia đóng góp và hưởng lợi", "people as actors who contribute and benefit"),
        ),
        "audience": (
            Term("general", "quan-chung", "đông đảo quần chúng nhân dân", "the general public"),
            Term("localities", "dia-phuong", "các địa phương", "localities"),
            Term("business", "doanh-nghiep", "hiệp hội doanh nghiệp, xuất khẩu", "business and export associations"),
            Term("youth", "thanh-nien", "thanh niên", "youth"),
            Term("grassroots", "co-so", "người dân ở cơ sở", "grassroots people"),
            Term("foreigners", "nguoi-nuoc-ngoai", "người nước ngoài tại Việt Nam", "foreigners in Viet Nam"),
            Term("asean-citizens", "cong-dan-asean", "công dân ASEAN", "ASEAN citizens"),
        ),
        "period": (
            Term("to-2025", "den-2025", "từ nay đến hết 2025", "until the end of 2025"),
            Term("post-2025", "sau-2025", "sau năm 2025", "after 2025"),
        ),
    }
)  # fmt: skip

_SLUGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        kind: MappingProxyType({name: term.slug for term in terms for name in (term.alias, term.slug)})
        for kind, terms in TERMS.items()
    }
)


def resolve(kind: str, name: str) -> str | None:
    """The slug a person means by a slug or an alias, typed with or without accents; None where there is none."""
    return _SLUGS[kind].get(text.slug(name))


def nearest(kind: str, name: str) -> str | None:
    """The slug closest to a name that does not resolve, to suggest it."""
    close = get_close_matches(text.slug(name), _SLUGS[kind], n=1)
    return _SLUGS[kind][close[0]] if close else None
