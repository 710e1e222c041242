"""The tokenizer: GPT-2's byte BPE with the "llama-bpe" splitting, in a form made for copying.

Frequent words are one token each. Every other word, names above all, is spelled letter by letter, because the only merges are a space
with a letter: the model can give back a name it never saw. `python -m pocket.tokenizer OUT.json` builds it from a sample of dialogues;
../tokenizer.json belongs to ../pocket.gguf.
"""
import collections
import json
import pathlib
import random
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from .dialogue import MUTE, MUTE_END, STRONG, STRONG_END
from .words import HELD_OUT_NAMES, NAMES, PERSONAS, SURNAMES

_SPLIT = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
BEGIN, TURN, END = 0, 1, 2
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPACE = "\u0120"  # how byte-level BPE writes a space


def _splitter():
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(_SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _byte_letters():
    """GPT-2's printable letter for every byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    for offset, byte in enumerate(byte for byte in range(256) if byte not in letters):
        letters[byte] = chr(256 + offset)
    return [letters[byte] for byte in range(256)]


def build(dialogues, path, size=2560, at_least=12):
    """Counts the words of the dialogues and writes the vocabulary."""
    splitter = _splitter()
    counts = collections.Counter()
    for messages in dialogues:
        for role, text, *_ in messages:
            plain = text.translate({ord(mark): None for mark in (STRONG, STRONG_END, MUTE, MUTE_END)})
            counts.update(word for word, _ in splitter.pre_tokenize_str(plain))
            counts[role] += 1000
    names = (set(NAMES) | set(HELD_OUT_NAMES) | set(SURNAMES) | set(PERSONAS)) - {"parley"}
    vocabulary = SPECIAL + _byte_letters() + [SPACE + letter for letter in LETTERS]
    known = set(vocabulary)
    for word, count in counts.most_common():
        bare = word.replace(SPACE, "")
        if count < at_least or len(vocabulary) >= size:
            break
        if word in known or bare.lower() in names or bare.isdigit():
            continue
        vocabulary.append(word)
        known.add(word)
    while len(vocabulary) % 32:
        vocabulary.append(f"<|unused{len(vocabulary)}|>")
    pathlib.Path(path).write_text(json.dumps({"vocabulary": vocabulary, "merges": [[SPACE, letter] for letter in LETTERS]}))
    return len(vocabulary)


def load(path):
    """The tokenizer and its vocabulary as a list."""
    data = json.loads(pathlib.Path(path).read_text())
    vocabulary = data["vocabulary"]
    tokenizer = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(vocabulary)}, merges=[tuple(pair) for pair in data["merges"]], ignore_merges=True))
    tokenizer.pre_tokenizer = _splitter()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer, vocabulary


if __name__ == "__main__":
    from .generate import sample

    print(build(sample(20000, random.Random(7)), sys.argv[1]), "tokens")
