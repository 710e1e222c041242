"""What callers say to an assistant, as a language model for the recognizer: python -m pocket.caller_phrases OUT.arpa DICTIONARY [SEED]

A trigram model with absolute discounting and back-off (Ney, Essen and Kneser 1994) of the generator's callers, in the ARPA format. The
dictionary is that of the recognizer, a word and its sounds in every line: sentences with other words, invented names above all, are left out,
and those with first names as well, for the generator takes rare ones as often as common ones.
"""
import collections
import math
import random
import re
import sys

from .generate import sample
from .words import NAMES

_DIALOGUES = {"main": 42_000, "copy": 15_000, "drill": 3_000}
# A sentence counts this often at most: how often a caller says "yes" is the general model's to know.
_MOST = 3
_DISCOUNT = 0.7
# Pairs and triples of words that occur less often are left out.
_FEWEST = 2
_BEGIN, _END = "<s>", "</s>"


class _Verbatim:
    """A recognizer that mishears nothing."""

    def hear(self, words, severity):
        return " ".join(word for word, _ in words)


def sentences(seed, known):
    """Caller's sentences of known words, as lists of words, and how often each counts."""
    rng = random.Random(seed)
    counts = collections.Counter()
    for kind, count in _DIALOGUES.items():
        for messages in sample(count, rng, kind, _Verbatim()):
            for role, text, *_ in messages:
                if role == "user":
                    counts[tuple(re.findall(r"[a-z']+", text.lower()))] += 1
    return {words: min(count, _MOST) for words, count in counts.items() if words and known.issuperset(words)}


class Trigrams:
    """Probabilities of words after none, one and two words before them, and the weight with which a history falls back."""

    def __init__(self, counted):
        counts = [collections.Counter() for _ in range(3)]
        histories = collections.Counter()
        for words, count in counted.items():
            padded = (_BEGIN, *words, _END)
            for end in range(1, len(padded)):
                for length in range(min(3, end + 1)):
                    counts[length][padded[end - length : end + 1]] += count
                    histories[padded[end - length : end]] += count
        kept = [gram for gram in counts[1] if counts[1][gram] >= _FEWEST]
        kept_pairs = set(kept)
        longest = [gram for gram in counts[2] if counts[2][gram] >= _FEWEST and {gram[:2], gram[1:]} <= kept_pairs]
        self.probability = {gram: count / histories[()] for gram, count in counts[0].items()}
        self.fall_back = {}
        self.lengths = [list(counts[0]), kept, longest]
        for length in (1, 2):
            self._discount({gram: counts[length][gram] for gram in self.lengths[length]}, histories)

    def _discount(self, counts, histories):
        mass, below = collections.Counter(), collections.Counter()
        for gram, count in counts.items():
            history = gram[:-1]
            self.probability[gram] = (count - _DISCOUNT) / histories[history]
            mass[history] += self.probability[gram]
            below[history] += self._of(gram[1:])
        for history in mass:
            self.fall_back[history] = (1 - mass[history]) / max(1e-9, 1 - below[history])

    def _of(self, gram):
        if gram in self.probability:
            return self.probability[gram]
        return self.fall_back.get(gram[:-1], 1) * self._of(gram[1:])

    def write(self, path):
        with open(path, "w") as out:
            out.write("\\data\\\n")
            for length, grams in enumerate(self.lengths, 1):
                out.write(f"ngram {length}={len(grams) + (length == 1)}\n")
            for length, grams in enumerate(self.lengths, 1):
                out.write(f"\n\\{length}-grams:\n")
                if length == 1:
                    out.write(f"-99 {_BEGIN} {self._logarithm(self.fall_back[(_BEGIN,)])}\n")
                for gram in sorted(grams):
                    line = f"{self._logarithm(self.probability[gram])} {' '.join(gram)}"
                    if length < 3 and gram[-1] != _END:
                        line += f" {self._logarithm(self.fall_back.get(gram, 1))}"
                    out.write(line + "\n")
            out.write("\n\\end\\\n")

    @staticmethod
    def _logarithm(value):
        return f"{math.log10(max(value, 1e-9)):.3f}"


if __name__ == "__main__":
    with open(sys.argv[2]) as dictionary:
        known_words = {line.split()[0] for line in dictionary if line.strip()} - set(NAMES)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    Trigrams(sentences(seed, known_words)).write(sys.argv[1])
