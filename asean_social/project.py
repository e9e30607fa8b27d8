"""The project folder: where campaigns, ledger and credentials lie."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asean_social.errors import UserError

CAMPAIGNS = "campaigns"
OFFICE = "office.toml"


@dataclass(frozen=True)
class Project:
    root: Path  # absolute; holds campaigns/, office.toml, ledger.db, credentials.toml
    paths: tuple[Path, ...]  # campaign files and folders that were asked for, absolute

    @classmethod
    def find(cls, asked: Sequence[Path], start: Path) -> "Project":
        """The project around the asked paths, or around `start`. Raises UserError."""
        for path in asked:
            if not path.exists():
                raise UserError("project.no-such-path", file=str(path))
        first = asked[0].absolute() if asked else start.absolute()
        root = _root(first)
        if root is None:
            raise UserError("project.none", folder=str(first))
        paths = tuple(Path(os.path.normpath(path.absolute())) for path in asked) or (root / CAMPAIGNS,)
        return cls(root, paths)

    @property
    def office(self) -> Path:
        return self.root / OFFICE

    @property
    def log(self) -> Path:
        return self.root / "asean-social.log"

    def ledger(self, asked: str | None) -> Path:
        """Raises UserError for an address of a database that is not supported."""
        if not asked:
            return self.root / "ledger.db"
        if "://" in asked and not asked.startswith("sqlite:///"):
            raise UserError("ledger.unsupported", found=asked.partition("://")[0])
        return Path(asked.removeprefix("sqlite:///")).absolute()

    def credentials(self, asked: str | None) -> Path:
        return Path(asked).absolute() if asked else self.root / "credentials.toml"

    def shown(self, path: Path) -> str:
        """A path as people name it: inside the project, relative to it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def _root(start: Path) -> Path | None:
    """The folder that holds `campaigns`; a file elsewhere is a project of its own folder."""
    for folder in (start, *start.parents):
        if folder.name == CAMPAIGNS and folder.is_dir():
            return folder.parent
        if (folder / CAMPAIGNS).is_dir():
            return folder
    if start.is_file():
        return start.parent
    return None
