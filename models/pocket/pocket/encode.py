"""From dialogues to token ids with a weight for every token in the loss."""
import re

from .dialogue import MUTE, MUTE_END, STRONG, STRONG_END
from .tokenizer import BEGIN, END, TURN

_STRONG_WEIGHT = 3.0
_PIECES = re.compile(f"{STRONG}(?P<strong>[^{STRONG_END}]*){STRONG_END}|{MUTE}(?P<mute>[^{MUTE_END}]*){MUTE_END}|(?P<plain>[^{STRONG}{MUTE}]+)")


class Encoder:
    """Dialogues as <|im_start|>role, newline, text, <|im_end|>, newline; the chat template writes the same."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.newline = tokenizer.encode("\n").ids
        self.roles = {role: tokenizer.encode(role).ids for role in ("system", "user", "assistant", "tool")}

    def encode(self, messages):
        """(ids, weights) of one dialogue."""
        ids, weights = [BEGIN], [0.0]
        for role, text, weight, end_weight in messages:
            header = [TURN, *self.roles[role], *self.newline]
            ids += header
            weights += [0.0] * len(header)
            text = text.replace(" " + STRONG, STRONG + " ")  # a word's token begins with its space
            for match in _PIECES.finditer(text):
                factor = _STRONG_WEIGHT if match.lastgroup == "strong" else 0.0 if match.lastgroup == "mute" else 1.0
                tokens = self.tokenizer.encode(match.group(match.lastgroup)).ids
                ids += tokens
                weights += [weight * factor] * len(tokens)
            ids += [END, *self.newline]
            weights += [end_weight, 0.0]
        return ids, weights
