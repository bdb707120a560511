"""Sums of the sentences' evidence, for the checks: what the reply has, from 0 to 1."""

from collections.abc import Sequence
from dataclasses import dataclass

from quality.evidence import Said


@dataclass(frozen=True, slots=True)
class Features:
    """Each 0..1; adding a sentence never lowers one, so a real fact never makes a reply worse."""

    action: float
    answer: float
    term: float
    numbers: float
    contact: float

    @property
    def substance(self) -> float:
        return 1 - (1 - self.action) * (1 - 0.85 * self.answer)


def features(said: Sequence[Said]) -> Features:
    """Sum up the sentences: independent pieces of evidence fill what is left to one."""
    no_action = no_answer = 1.0
    term = 0.0
    numbers = 0.0
    contact = 0.0
    for one in said:
        no_action *= 1 - 0.93 * one.action
        no_answer *= 1 - 0.93 * one.answer
        # A term belongs to a measure or an answer, alone it is half a fact.
        tied = one.action >= 0.2 or one.answer >= 0.25
        term = max(term, one.term * (1.0 if tied else 0.5))
        numbers += (
            min(one.numbers, 3)
            * (one.relevance if one.relevance >= 0.8 else 0.0)
            * (not one.formula)
        )
        contact = max(contact, one.contact * (1.0 if one.relevance >= 0.3 else 0.5))
    return Features(1 - no_action, 1 - no_answer, term, min(1.0, numbers / 3), contact)
