"""What a recognizer does to spoken words.

The table `confusions.json` was measured: PocketSphinx on sentences of this generator spoken by Flite (see tools/confusions.mjs).
Words that the table lacks fall back to homophones, losses and neighbours.
"""
import json
import pathlib

_TABLE = pathlib.Path(__file__).parent.parent / "confusions.json"

_HOMOPHONES = {
    "to": ["two", "too"], "their": ["there"], "there": ["their"], "your": ["you're", "you"], "know": ["no"], "hear": ["here"],
    "right": ["write"], "weather": ["whether"], "hi": ["high"], "bye": ["by", "buy"], "what": ["but", "watt"], "is": ["as", "his"],
    "the": ["a"], "a": ["the"], "my": ["mine", "may"], "name": ["names", "main"], "tell": ["tall"], "me": ["be"], "can": ["can't"],
    "how": ["now"], "spell": ["smell"], "joke": ["jokes", "choke"], "story": ["store", "stories"], "time": ["times", "tie"],
    "favourite": ["favorite"], "favorite": ["favourite"], "colour": ["color"], "and": ["an", "in"], "of": ["off"], "for": ["four"],
    "do": ["due"], "you": ["ya"], "think": ["thing"], "city": ["sitting"], "i'm": ["im", "i am"], "i": ["hi"], "called": ["cold", "call"],
}
_FILLERS = ["um", "uh", "well", "so", "okay", "okay so", "like", "yeah", "er", "hmm", "alright", "the", "and"]

# How digits come out when they are heard as other words; unambiguous, so the meaning can be learnt.
_NUMBER_SOUNDS = {"two": ["to", "too"], "four": ["for"], "one": ["won"], "eight": ["ate"], "zero": ["oh"]}


class Recognizer:
    """Turns what was said into what might be heard."""

    def __init__(self, rng):
        self.rng = rng
        self.table = json.loads(_TABLE.read_text()) if _TABLE.exists() else {}

    def hear(self, words, severity):
        """`words` is a list of (word, is a value); values keep their letters, for the answer must give them back."""
        heard = []
        for word, is_value in words:
            heard.append(self._value(word, severity) if is_value else self._word(word, severity))
        if self.rng.random() < 0.1:
            heard.insert(0, self.rng.choice(_FILLERS))
        text = " ".join(word for word in heard if word)
        return text or " ".join(word for word, _ in words)

    def _value(self, word, severity):
        if severity and word in _NUMBER_SOUNDS and self.rng.random() < 0.06 * severity:
            return self.rng.choice(_NUMBER_SOUNDS[word])
        return word

    def _word(self, word, severity):
        row = self.table.get(word)
        if row:
            wrong = [key for key in row if key != "="]
            errors = sum(row[key] for key in wrong)
            if self.rng.random() < severity * min(0.5, errors / (errors + row.get("=", 0))):
                return self.rng.choices(wrong, [row[key] for key in wrong])[0]
            return word
        if self.rng.random() >= 0.05 * severity:
            return word
        chance = self.rng.random()
        if chance < 0.5 and word in _HOMOPHONES:
            return self.rng.choice(_HOMOPHONES[word])
        if chance < 0.75:
            return ""
        return self.rng.choice(list(self.table) or list(_HOMOPHONES))
