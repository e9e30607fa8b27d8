"""The log file of what was our fault."""

import tempfile
import traceback
from datetime import datetime
from pathlib import Path

from asean_social import __version__
from asean_social.errors import UserError


def keep(error: BaseException) -> Path:
    """Append the traceback to the log file of the project, or of the temporary folder."""
    from asean_social.project import Project

    try:
        file = Project.find([], Path.cwd()).log
    except UserError:
        file = Path(tempfile.gettempdir()) / "asean-social.log"
    text = "".join(traceback.format_exception(error))
    try:
        _append(file, text)
    except OSError:
        file = Path(tempfile.gettempdir()) / "asean-social.log"
        _append(file, text)
    return file


def _append(file: Path, text: str) -> None:
    from asean_social.publishers.http import scrub

    stamp = datetime.now().astimezone().isoformat(timespec="seconds")
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"--- {stamp} asean-social {__version__}\n{scrub(text, set())}")
