"""Writes the held-out dialogues: python -m pocket.make_evaluation evaluation/

Names are never used in training, phrases of the "hand" dialogues are not among the templates, and spoken turns went through the
recognizer's confusions at about 8 % word errors. Tools are offered as the server does, but for a few. A turn that is scored has `expect`, a pattern without regard to case.
"""
import json
import pathlib
import random
import re
import sys

from . import evaluation_phrases as hand
from .dialogue import Dialogue
from .generate import main_dialogue, sample, with_recognizer
from .skills import arithmetic, knowledge, memory, stories, talk, tools
from .words import CITIES, COLOURS, FOODS, HELD_OUT_NAMES, JOBS, capital, number, pseudo_word

_SEVERITY = 0.5
_DISTRACTORS = [knowledge.capitals, knowledge.opposites, knowledge.calendar, knowledge.animals, knowledge.questions, knowledge.weather,
                stories.joke, talk.small_talk, talk.what, talk.coaching, talk.feelings, arithmetic.sums]


class Writer:
    def __init__(self, seed):
        self.rng = with_recognizer(random.Random(seed))
        self.dialogues = []

    def fresh(self):
        """An empty dialogue to borrow sentences from; three of four are spoken."""
        d = Dialogue(self.rng)
        d.spoken = self.rng.random() < 0.75
        d.severity = _SEVERITY if d.spoken else 0
        return d

    def say(self, d, phrase, **values):
        """The words of one caller turn."""
        d.caller(phrase, **values)
        return d.messages.pop()[1]

    def skill(self, d, function, *arguments):
        """Runs a generator skill and takes its messages away."""
        before = len(d.messages)
        function(d, *arguments)
        taken = d.messages[before:]
        del d.messages[before:]
        return taken

    def distraction(self, d):
        """Turns about something else: the caller's words only."""
        return [{"caller": text} for role, text, *_ in self.skill(d, self.rng.choice(_DISTRACTORS))[:1] if role == "user"]

    def distractions(self, d, most=4):
        return [turn for _ in range(self.rng.randint(0, most)) for turn in self.distraction(d)]

    def system(self, name=None):
        """A system prompt in the plain wording, or none."""
        if name is None and self.rng.random() < 0.25:
            return None
        name = name or self.rng.choice(["ada", "nova", "milo", *HELD_OUT_NAMES[:10]])
        text = f"You are {capital(name)}, {self.rng.choice(['a friendly coach', 'a calm assistant', 'a cheerful companion'])}."
        return text + self.rng.choice(["", "", " Keep your answers short.", " You are talking to a caller."])

    def add(self, skill, phrasing, turns, system=None, tools_=True, history=None):
        entry = {"skill": skill, "phrasing": phrasing, "system": system, "tools": tools_, "turns": turns}
        if history:
            entry["history"] = history
        self.dialogues.append(entry)

    def held_out_name(self, index):
        return HELD_OUT_NAMES[index % len(HELD_OUT_NAMES)] if index % 3 else pseudo_word(self.rng)


def _exact(value):
    """The value as a whole, not as a part of a longer number."""
    words = re.escape(value).replace(r"\ ", "[ -]")
    return rf"\b{words}\b(?! (hundred|and))"


def _names(w):
    for index in range(60):
        d, name, by_hand = w.fresh(), w.held_out_name(index), index % 3 == 2
        if by_hand:
            tell = w.say(d, w.rng.choice(hand.NAME_TELL), name=name)
            ask = w.say(d, w.rng.choice(hand.NAME_ASK))
        else:
            tell = w.say(d, "(my name is {name}|i'm {name}|hello my name is {name}|people call me {name}|{name} is my name|it's {name} by the way)", name=name)
            ask = w.say(d, "(what's my name?|what is my name?|do you remember my name?|can you tell me my name?|who am i?)")
        turns = [{"caller": tell}, *w.distractions(d), {"caller": ask, "expect": rf"\b{name}\b"}]
        w.add("names", "hand" if by_hand else "template", turns, w.system())
    for index in range(24):
        d, by_hand = w.fresh(), index % 3 == 2
        old, new = w.rng.sample(HELD_OUT_NAMES, 2)
        fix = "nope that was wrong {name} is right" if by_hand else "(no my name is|no, i said|sorry my name is|actually it's) {name}"
        turns = [{"caller": w.say(d, "(my name is|i'm) {name}", name=old)}, {"caller": w.say(d, fix, name=new)}, *w.distractions(d, 2),
                 {"caller": w.say(d, w.rng.choice(hand.NAME_ASK) if by_hand else "what is my name?"), "expect": rf"\b{new}\b"}]
        w.add("corrections", "hand" if by_hand else "template", turns, w.system())


def _numbers_and_facts(w):
    for index in range(60):
        key = ["number", "code", "room", "age"][index % 4]
        d, by_hand = w.fresh(), index % 3 == 2
        value = memory.FACTS[key].pick(w.rng)
        tell = w.say(d, w.rng.choice(hand.NUMBER_TELL[key]) if by_hand else memory.FACTS[key].tell, v=value)
        ask = w.say(d, w.rng.choice(hand.NUMBER_ASK[key]) if by_hand else memory.FACTS[key].ask)
        w.add("numbers", "hand" if by_hand else "template", [{"caller": tell}, *w.distractions(d), {"caller": ask, "expect": _exact(value)}], w.system())
    pools = {"colour": COLOURS, "city": CITIES, "food": FOODS, "job": JOBS}
    for index in range(48):
        key = list(pools)[index % 4]
        d, by_hand = w.fresh(), index % 3 == 2
        value = w.rng.choice(pools[key])
        tell = w.say(d, w.rng.choice(hand.FACT_TELL[key]).replace("{v}", "{city}") if by_hand and key == "city" else w.rng.choice(hand.FACT_TELL[key]) if by_hand else memory.FACTS[key].tell, v=value, city=value)
        ask = w.say(d, w.rng.choice(hand.FACT_ASK[key]) if by_hand else memory.FACTS[key].ask)
        w.add("facts", "hand" if by_hand else "template", [{"caller": tell}, *w.distractions(d), {"caller": ask, "expect": rf"\b{value}\b"}], w.system())
    for index in range(24):
        d, name, by_hand = w.fresh(), w.held_out_name(index), index % 3 == 2
        kind = w.rng.choice(["dog", "cat", "sister", "brother"])
        tell = "this morning i fed {name} who is my {v}" if by_hand else "(i have a {v} called {name}|my {v} is called {name}|the name of my {v} is {name}|{name} is the name of my {v}|my {v}'s name is {name})"
        ask = "and how did i call my {v} again" if by_hand else "(what is my {v} called?|what's the name of my {v}?|what is my {v}'s name?)"
        turns = [{"caller": w.say(d, tell, name=name, v=kind)}, *w.distractions(d, 3), {"caller": w.say(d, ask, v=kind), "expect": rf"\b{name}\b"}]
        w.add("facts", "hand" if by_hand else "template", turns, w.system())


def _untold(w):
    for index in range(60):
        d, by_hand = w.fresh(), index % 3 == 2
        turns = w.distractions(d, 2)
        if by_hand:
            ask = w.say(d, hand.UNTOLD_ASK[index // 3 % len(hand.UNTOLD_ASK)])
        else:
            if index % 2:
                turns += [{"caller": text} for role, text, *_ in w.skill(d, memory.tell_fact)[:1]]
            ask = next(text for role, text, *_ in w.skill(d, memory.ask_untold) if role == "user")
        turns.append({"caller": ask, "expect": r"not told me|do not know|don't know"})
        w.add("never told", "hand" if by_hand else "template", turns, w.system())


def _persona(w):
    for index in range(60):
        d, by_hand = w.fresh(), index % 3 == 2
        name = w.held_out_name(index)
        system = w.rng.choice(hand.PERSONA_SYSTEM).format(name=capital(name)) if by_hand else w.system(name)
        ask = w.say(d, w.rng.choice(hand.PERSONA_ASK) if by_hand or index % 6 == 1 else "(what's your name?|who are you?|what is your name?|may i ask who you are?|who am i talking to?)")
        w.add("persona", "hand" if by_hand or index % 6 == 1 else "template", [*w.distractions(d, 2), {"caller": ask, "expect": rf"\b{name}\b"}], system)


def _arithmetic(w):
    lines = [line.split("|") for line in hand.ARITHMETIC.split("\n")]
    for index in range(60):
        d, by_hand, turns = w.fresh(), index % 3 == 2, []
        for _ in range(3):
            a, operation, b, result = arithmetic.problem(w.rng)
            while operation == "plus" and result > 20:
                a, operation, b, result = arithmetic.problem(w.rng)
            if by_hand:
                sign = {"plus": "+", "minus": "-", "times": "*"}[operation]
                phrase = w.rng.choice([text for text, kind in lines if kind == sign])
            else:
                phrase = f"(what is|how much is|what's|and what is) {{x}} {operation} {{y}}?"
            d.severity = _SEVERITY / 2 if d.spoken else 0
            said = w.say(d, phrase, x=number(a), y=number(b))
            skill = "products to 100" if operation == "times" else "arithmetic to 20"
            turns.append({"caller": said, "expect": rf"\b{number(result)}[.!]", "skill": skill})
        w.add("arithmetic to 20", "hand" if by_hand else "template", turns, w.system())


def _tools(w):
    for index in range(48):
        d, by_hand = w.fresh(), index % 3 == 2
        d.tools = True
        clock, today = tools._clock(d), tools._today(d)
        pick = lambda phrases, skill: w.say(d, w.rng.choice(phrases)) if by_hand else next(text for role, text, *_ in w.skill(d, skill) if role == "user")
        asks_time = w.rng.random() < 0.55
        first = {"caller": pick(hand.TIME, tools.time), "expect": clock} if asks_time else {"caller": pick(hand.DATE, tools.date), "expect": re.escape(today)}
        turns = [*w.distractions(d, 1), {**first, "call": "get_time", "result": {"time": clock, "date": today}}, *w.distractions(d, 1),
                 {"caller": pick(hand.END, tools.end_call), "expect": r"bye|care|nice day", "call": "end_call", "result": {"ok": True}}]
        w.add("tools", "hand" if by_hand else "template", turns, w.system("ada"))
    for index in range(12):
        d = w.fresh()
        d.tools = False
        ask = w.say(d, w.rng.choice(hand.TIME)) if index % 3 == 2 else "what time is it"
        w.add("tools", "hand" if index % 3 == 2 else "template", [{"caller": ask, "expect": r"sorry|not have a clock"}], w.system("ada"), False)


def _fitting(w):
    for phrase, expect in hand.FIT:
        d = w.fresh()
        w.add("fitting answers", "hand", [*w.distractions(d, 1), {"caller": w.say(d, phrase), "expect": expect}], w.system())
    checks = [(knowledge.capitals, None), (knowledge.opposites, None), (knowledge.calendar, None), (knowledge.animals, None), (knowledge.questions, None),
              (stories.joke, r"\?.*\."), (stories.story, "once upon a time"), (talk.coaching, None), (talk.feelings, None), (talk.goodbye, "bye|night"),
              (talk.what, None), (talk.short_answers, None), (knowledge.counting, None), (knowledge.spelling, None), (knowledge.weather, "weather")]
    for index in range(80):
        d = w.fresh()
        function, expect = checks[index % len(checks)]
        taken = w.skill(d, function)
        answer = re.sub("[\u27e6\u27e7\u27e8\u27e9]", "", taken[1][1])
        words = expect or "|".join(re.escape(word) for word in _telling(answer))
        w.add("fitting answers", "template", [*w.distractions(d, 1), {"caller": taken[0][1], "expect": words}], w.system())
    for phrase in hand.OUT_OF_SCOPE:
        d = w.fresh()
        w.add("out of scope", "hand", [{"caller": w.say(d, phrase), "expect": r"sorry|only the small|do not know|not understand|cannot"}], w.system())


def _telling(answer):
    """What an answer must contain to fit: for facts and counting its last words, for talk any word that carries it."""
    if re.match(r"^(The |A |\w+ comes|\w+, \w+,|\w, )", answer):
        return [answer.rstrip(".!").split(" ")[-1] if not re.match(r"^(\w+ comes|\w+, )", answer) else answer.split(" ")[0]]
    return [word for word in re.findall(r"[A-Za-z]{4,}", answer) if word.lower() not in {"what", "that", "have", "with", "your", "like"}] or [answer]


def _interrupted(w):
    """Histories whose last agent turn was cut: the model must know what was told before and what it did say."""
    for index in range(45):
        d, by_hand, name = w.fresh(), index % 3 == 2, w.held_out_name(index)
        d.rng = w.rng
        kind = index % 5
        history = [{"caller": w.say(d, "my name is {name}", name=name)}, {"agent": f"Nice to meet you, {capital(name)}."}]
        if kind < 2:
            top, stop = w.rng.randint(8, 15), w.rng.randint(3, 6)
            history += [{"caller": f"count to {number(top)}"}, {"agent": capital(", ".join(number(n) for n in range(1, stop + 1))) + ","}]
            if kind == 0:
                ask, expect = ("hang on which one was the last you said" if by_hand else "wait how far did you get"), rf"\b{number(stop)}\b"
            else:
                ask, expect = ("right keep on counting" if by_hand else "go on"), rf"^\W*{number(stop + 1)}\b.*{number(top)}"
        else:
            tale = stories._tale(d, 7, w.rng.choice(["fox", "owl", "bear"]))
            hero = re.search(r"an? (\w+) lived", tale[0]).group(1)
            history += [{"caller": "tell me a story"}, {"agent": " ".join(" ".join(tale[:3]).split(" ")[: w.rng.randint(8, 24)])}]
            if kind == 2:
                ask, expect = ("hold it who was this about" if by_hand else "what was the story about"), rf"\b{hero}\b"
            elif kind == 3:
                ask, expect = ("sorry to cut in what was my name once more" if by_hand else "wait what is my name"), rf"\b{name}\b"
            else:
                ask, expect = ("whoa slow down i need you to stop" if by_hand else "stop"), r"stop|okay|what can i do"
        w.add("after an interruption", "hand" if by_hand else "template", [{"caller": w.say(d, ask), "expect": expect}], w.system(), history=history)


def _end_of_turn(rng):
    """Finished and unfinished words of a caller after a history. A beginning counts as unfinished only if no caller says just that."""
    whole = set()
    for messages in sample(20000, random.Random(5)):
        whole.update(_bare(text) for role, text, *_ in messages if role == "user")
    cases = []
    while len(cases) < 600:
        messages = main_dialogue(rng)
        places = [i for i, (role, _, _, end) in enumerate(messages) if role == "user" and end]
        if not places:
            continue
        at = rng.choice(places)
        text = _bare(messages[at][1])
        history = [[role, re.sub("[\u27e6\u27e7\u27e8\u27e9]", "", said)] for role, said, *_ in messages[:at]][-6:]
        if messages[0][0] == "system" and history and history[0][0] != "system":
            history.insert(0, [messages[0][0], messages[0][1]])
        cases.append({"history": history, "caller": text, "finished": True, "phrasing": "template"})
        words = text.split(" ")
        beginnings = [" ".join(words[:n]) for n in range(1, len(words)) if " ".join(words[:n]) not in whole]
        if beginnings:
            cases.append({"history": history, "caller": rng.choice(beginnings), "finished": False, "phrasing": "template"})
    history = [["system", "You are Ada, a friendly coach."], ["user", "hello"], ["assistant", "Hello! How can I help you?"]]
    cases += [{"history": history, "caller": text, "finished": True, "phrasing": "hand"} for text in hand.EOT_FINISHED]
    cases += [{"history": history, "caller": text, "finished": False, "phrasing": "hand"} for text in hand.EOT_UNFINISHED]
    return cases


def _bare(text):
    return re.sub(r"[^a-z0-9' ]", "", text.lower()).strip()


def check_held_out(count=60000):
    """Hand phrases that the generator writes as well (there should be none)."""
    said = set()
    for messages in sample(count, random.Random(6)):
        said.update(_bare(text) for role, text, *_ in messages if role == "user")
    phrases = [*hand.NAME_ASK, *hand.UNTOLD_ASK, *hand.PERSONA_ASK, *hand.TIME, *hand.DATE, *hand.END, *hand.OUT_OF_SCOPE, *(phrase for phrase, _ in hand.FIT)]
    for asks in (hand.NUMBER_ASK, hand.FACT_ASK):
        phrases += [phrase for values in asks.values() for phrase in values]
    return [phrase for phrase in phrases if _bare(phrase) in said]


def write(folder, seed=20261121):
    w = Writer(seed)
    for part in (_names, _numbers_and_facts, _untold, _persona, _arithmetic, _tools, _fitting, _interrupted):
        part(w)
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    for name, entries in {"dialogues": w.dialogues, "end-of-turn": _end_of_turn(w.rng)}.items():
        (folder / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
        print(name, len(entries), sum(entry["phrasing"] == "hand" for entry in entries), "by hand")


if __name__ == "__main__":
    print("also in the generator:", check_held_out())
    write(sys.argv[1])
