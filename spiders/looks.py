"""The looks of a run: what each of them counted, and how they are judged when the run ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scrapy import Request

from spiders.records import Count, Listing, Record
from spiders.schema import Look
from spiders.source import Source
from spiders.verdict import Account, Verdict, judge, together

UNREAD_NAMES, UNREAD_LENGTH = 100, 100
"""So many fields that nobody reads are named, and so many letters of each: they are foreign."""

LastHealthy = Callable[[str], Look | None]
"""The newest healthy look before a moment that the ledger knows."""


@dataclass(slots=True)
class Tally:
    """What one look has counted so far; ``read_at`` is the newest moment of what it read."""

    problems: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    read_at: str = ""

    def take(self, record: Record) -> None:
        """Count a record."""
        programmed = isinstance(record, Listing | Count)
        self.counts[f"{record.kind}:{record.programme}" if programmed else record.kind] += 1  # type: ignore[attr-defined]


class Looks:
    """The tallies of a run by the moment that its requests say they look at; the run's own, for
    requests that say none, is at ``""``. ``problems`` are those of the run as a whole, ``unread``
    the fields in its bytes that nobody reads."""

    def __init__(self, run_id: str, source: type[Source]) -> None:
        self.run_id = run_id
        self.source = source
        self.problems: list[str] = []
        self.unread: tuple[str, ...] = ()
        self.tallies: dict[str, Tally] = {"": Tally()}

    def of(self, request: Request) -> Tally:
        """The tally of the look a request belongs to."""
        return self.tallies.setdefault(moment_of(request), Tally())

    def pass_on(self, moment: str) -> None:
        """Forget a look that found nothing but where the page is; what stands there is a look."""
        if self.tallies.get(moment) == Tally():
            del self.tallies[moment]

    def look_id(self, moment: str) -> str:
        return f"{self.run_id}@{re.sub('[^0-9]', '', moment)}" if moment else self.run_id

    def judged(
        self,
        finish_reason: str,
        rows: Mapping[str, int],
        observed_at: str,
        last_healthy: LastHealthy,
    ) -> tuple[list[Look], Verdict, dict[str, int]]:
        """The looks in the order of their moments, and the verdict and the counts of the run.

        ``rows`` are by moment as the tallies are; ``observed_at`` is for a run that read nothing.
        """
        for moment, tally in self.tallies.items():
            tally.counts["rows"] = rows.get(moment, 0)
        own = self.tallies[""]
        told = {
            moment: moment or tally.read_at or observed_at
            for moment, tally in self.tallies.items()
            if moment or tally.read_at or len(self.tallies) == 1
        }
        looks: list[Look] = []
        verdicts: list[Verdict] = []
        newest: Look | None = None
        for moment in sorted(told, key=lambda moment: (told[moment], moment)):
            known = last_healthy(told[moment])
            before = max(
                (look for look in (known, newest) if look and look.observed_at < told[moment]),
                key=lambda look: look.observed_at,
                default=None,
            )
            look, verdict = self._look(moment, told[moment], finish_reason, before)
            looks.append(look)
            verdicts.append(verdict)
            newest = look if look.verdict == "healthy" else newest
        if len(self.tallies) == 1:
            return looks, verdicts[0], dict(own.counts)
        counts: Counter[str] = Counter()
        for tally in self.tallies.values():
            counts.update(tally.counts)
        account = Account(finish_reason, (*self.problems, *own.problems), own.lost, counts)
        return looks, together(account, verdicts), {**counts, "looks": len(looks)}

    def _look(
        self, moment: str, told: str, finish_reason: str, before: Look | None
    ) -> tuple[Look, Verdict]:
        tally = self.tallies[moment]
        account = Account(
            finish_reason, (*self.problems, *tally.problems), dict(tally.lost), dict(tally.counts)
        )
        verdict = judge(
            account,
            self.source.expects,
            floor=self.source.floor,
            last_healthy=before.counts if before else {},
            retires_categories=self.source.retires_categories,
        )
        look = Look(
            look_id=self.look_id(moment),
            run_id=self.run_id,
            source=self.source.name,
            observed_at=told,
            verdict=verdict.state,
            reason=verdict.reason,
            counts=account.counts,
            account={
                "finish_reason": account.finish_reason,
                "problems": list(account.problems),
                "lost": dict(account.lost),
                **self._unread(),
            },
        )
        return look, verdict

    def _unread(self) -> dict[str, list[str]]:
        names = [" ".join(name.split())[:UNREAD_LENGTH] for name in self.unread[:UNREAD_NAMES]]
        return {"unread": names} if names else {}


def moment_of(request: Request) -> str:
    """The ISO moment the answer to a request speaks for; empty where it is the present."""
    moment: str = request.meta.get("peephole_look", "")
    return moment
