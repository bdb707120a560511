"""Sentences that many unlike replies have: formulas, which are no sign of copying."""

from quality.masks import Masked

_ONCE = 500_000
_ALIKE = 0.25
_LEAST = 5


class FormulaCounter:
    """Counts, for each sentence, the unlike replies it stands in, from its second one on.

    Two replies are alike when what stands around the sentence shares a quarter of its word
    3-grams: the many edited copies of one template do not make its sentences formulas.
    """

    def __init__(self, families: int) -> None:
        self._families = families
        self._once: dict[int, None] = {}
        self._around: dict[int, list[frozenset[str]]] = {}
        self.formulas: set[int] = set()

    def add(self, form: Masked) -> None:
        """Count the sentences of one more reply."""
        for number, sentence in form.sentences.items():
            if sentence in self.formulas:
                continue
            if sentence not in self._once:
                self._keep(sentence)
                continue
            around = self._rest(form, number)
            known = self._around.setdefault(sentence, [])
            if len(around) < _LEAST or any(
                len(around & other) >= _ALIKE * min(len(around), len(other)) for other in known
            ):
                continue
            known.append(around)
            if len(known) >= self._families:
                self.formulas.add(sentence)
                del self._around[sentence], self._once[sentence]

    def _rest(self, form: Masked, number: int) -> frozenset[str]:
        letters = "".join(
            [
                letter
                for letter, own, at in zip(form.letters, form.body, form.numbers, strict=True)
                if own and at != number and form.sentences.get(at) not in self.formulas
            ]
        )
        return frozenset(letters[at : at + 3] for at in range(len(letters) - 2))

    def _keep(self, sentence: int) -> None:
        if len(self._once) >= _ONCE:
            # Bounded memory: the older half was met once or twice in a very long time.
            for old in list(self._once)[: _ONCE // 2]:
                del self._once[old]
                self._around.pop(old, None)
        self._once[sentence] = None
