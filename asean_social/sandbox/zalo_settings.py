"""What differs between official accounts, or is not known for sure: set it before the requests that should meet it.

`Sandbox.reset` brings back the values the sandbox began with. Why each doubtful default was chosen is in
docs/contract-gaps.md.
"""

from dataclasses import dataclass, field, fields
from typing import Literal, Self


@dataclass(slots=True)
class Settings:
    # the account
    verified: bool = True  # else -221 for a broadcast
    packaged: bool = True  # else -224: a better package is needed
    authorised: bool = True  # else -223 in its first meaning
    messages_shut: bool = False  # -240 for a broadcast
    articles: int = 1_000  # new ones in a month; -223 in its second meaning beyond
    broadcasts: int = 40  # in a month; -211 beyond

    # texts and pictures
    forbidden: tuple[str, ...] = ()  # words that break the rules: -248
    refused_hosts: tuple[str, ...] = ()  # of pictures; also every host below them
    host_refusal: Literal["create", "verify"] = "create"  # which call refuses them: -201 or -200

    # videos
    video_seconds: float | None = None  # of converting; None: as long as an article takes
    # how converting ends for the next uploads: 1 ready, 2 locked, 4 failed, 5 deleted
    video_outcomes: list[int] = field(default_factory=list)
    verify_reads: Literal["either", "header", "query"] = "either"  # where its verify looks for the token

    # broadcasts
    review_seconds: float = 1_800.0  # before Zalo delivers

    def become(self, other: Self) -> None:
        for one in fields(self):
            worth = getattr(other, one.name)
            setattr(self, one.name, list(worth) if isinstance(worth, list) else worth)
