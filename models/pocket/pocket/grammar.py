"""A tiny phrase grammar: "(hello|hi) (there|)" stands for four sentences; alternatives nest.

`{slots}` are left alone: values are put in by the dialogue, which knows how a caller would say them.
"""
import functools
import re


@functools.lru_cache(maxsize=None)
def _parse(template):
    """Turns a template into a tree: a list of alternatives, each a list of strings and further trees."""
    position = 0

    def alternatives(nested):
        nonlocal position
        branches, branch, text = [], [], []

        def flush():
            if text:
                branch.append("".join(text))
                text.clear()

        while position < len(template):
            character = template[position]
            position += 1
            if character == "(":
                flush()
                branch.append(alternatives(True))
            elif character == "|" and nested:
                flush()
                branches.append(branch)
                branch = []
            elif character == ")" and nested:
                break
            else:
                text.append(character)
        flush()
        branches.append(branch)
        return branches

    return alternatives(False)


def _choose(branches, rng):
    return "".join(part if isinstance(part, str) else _choose(part, rng) for part in rng.choice(branches))


def expand(template, rng):
    """One sentence of a template, chosen at random."""
    text = re.sub(r" +", " ", _choose(_parse(template), rng))
    return re.sub(r" ([,.!?])", r"\1", text).strip()
