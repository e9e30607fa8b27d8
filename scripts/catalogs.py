"""Bring the gettext catalogs up to date with the wording, and compile them.

A new or changed English sentence appears in the .po file without a translation; write it there and run this again.
More .po files may be named: their translations are taken over.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from asean_social.lang import messages

FOLDER = Path(__file__).parent.parent / "asean_social" / "locale" / "vi" / "LC_MESSAGES"
PO, MO = FOLDER / "asean_social.po", FOLDER / "asean_social.mo"


def update(more: list[Path]) -> list[str]:
    """The sentences that still lack a translation."""
    catalog = Catalog(locale="vi", project="asean-social", charset="utf-8", fuzzy=False)
    known: dict[str, str] = {}
    for file in [PO, *more]:
        if file.exists():
            with file.open("rb") as stream:
                found = read_po(stream, locale="vi")
            known |= {str(one.id): str(one.string) for one in found if one.id and one.string}
    for code, sentence in sorted(messages().items()):
        catalog.add(sentence, known.get(sentence, ""), locations=[(code, 0)])
    FOLDER.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as stream:
        write_po(stream, catalog, width=0, omit_header=False, include_lineno=False, sort_output=True)
    with MO.open("wb") as stream:
        write_mo(stream, catalog)
    return [str(one.id) for one in catalog if one.id and not one.string]


if __name__ == "__main__":
    missing = update([Path(name) for name in sys.argv[1:]])
    for sentence in missing:
        print(f"not translated: {sentence}")
    sys.exit(bool(missing))
