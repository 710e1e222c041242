"""One dialogue in the making: who speaks, what was told so far, and how the caller's words reach the model."""
import json
import re

from .grammar import expand
from .noise import Recognizer
from .words import CITIES, PERSONAS, capital, person_name, pseudo_word, title

# Marks in the agent's text: the tokens between them count more, or not at all, in the loss.
STRONG, STRONG_END = "\u27e6", "\u27e7"
MUTE, MUTE_END = "\u27e8", "\u27e9"

# The caller's words teach when a turn ends; they are many, and hard to foresee, so they count little.
CALLER_WEIGHT, CALLER_END_WEIGHT = 0.15, 0.3


def strong(text):
    """Text that counts more in the loss: values that must be given back."""
    return STRONG + text + STRONG_END


_PROPER_SLOTS = {"name", "old", "city", "persona", "day", "month", "pet_name", "country", "friend"}
_STYLES = "friendly calm cheerful patient helpful warm kind polite funny gentle relaxed energetic curious clever".split()
_ROLES = ["coach", "assistant", "voice assistant", "helper", "companion", "guide", "receptionist", "teacher", "mentor", "trainer",
          "talking avatar", "life coach", "sports coach", "tutor"]
_PLACES = """a city library|a small hotel|a bakery|a dentist|a bicycle shop|a museum|a music school|a travel agency|a sports club
a flower shop|a language school|a garden centre|a book shop|a theatre|a yoga studio|an art gallery|a coaching company""".replace("\n", "|").split("|")
_EXTRAS = """Keep your answers short.|Speak in short sentences.|You speak with a calm voice.|You are on a phone call.|Be kind and brief.
Answer in one or two sentences.|Your voice is warm.|You are talking to a caller.|The user speaks to you by voice.|Do not use lists.
Help the user to prepare for the day.|Use simple words.|Never use emojis.|You love to help people.|Be honest.|Listen well.|Ask good questions.
Stay friendly at all times.|You help people to reach their goals.|Your answers are spoken aloud.|Do not talk too much.
If you do not know something, say so.""".replace("\n", "|").split("|")


# Looser system prompts; NAME and PLACE are put in.
_FREE_PROMPT = "(In this|During this|For this|Today in this) (call|chat|lesson|game|scene|talk|interview|role play) (you are|you are called|your name is|people know you as|the user calls you) NAME. (Be (kind|brief|polite|patient).|You work for PLACE.|The user wants to (learn|talk|relax).|)|(You are|Be|Please be|Play|Stay) NAME, (the (voice|host|guide|helper|receptionist|teacher|friend) of PLACE|who (likes|loves) to (talk|help|teach|laugh)|and you (work for|belong to|speak for) PLACE|a person with (good|warm|calm) (humour|words|manners)|who helps (people|callers|guests|students) (every day|with everything|at any time)). (Be (kind|brief|polite|patient).|)|(PLACE is where you work|You sit at the desk of PLACE|You take the calls of PLACE|Guests of PLACE talk to you). (They call you NAME.|You are NAME.|Your name is NAME.|The guests know you as NAME.)|(We call|Everyone calls|The users call|The team calls|Our guests call) you NAME. (You (help|guide|welcome) (people|guests|callers|visitors) of PLACE.|You are (kind|patient|calm|brief).|)|(The name|Your character|Your role|Persona|The character) is (called|) NAME. (You are (kind|patient|calm|brief).|You work at PLACE.|Answer in short sentences.|)|NAME (is a (guide|teacher|friend|host) and that is you|is who you are|is your character|is the name you use|answers the phone here, and that is you). (You are (kind|patient|calm|brief).|You work at PLACE.|)|(When somebody asks|If asked|When the user asks) (who you are|for your name), (you are|say that you are|answer that you are|tell them you are) NAME. (You work at PLACE.|Be brief.|)|(Pretend|Imagine) (that|) you are NAME (from PLACE|who works for PLACE|and talk to the caller|and help the caller)."


class Dialogue:
    """Messages are lists [role, text, weight, weight of the end token]; `memory` holds what the caller told."""

    def __init__(self, rng):
        self.rng = rng
        self.recognizer = Recognizer(rng) if not hasattr(rng, "recognizer") else rng.recognizer
        self.messages = []
        self.memory = {}
        self.spoken = rng.random() < 0.65
        self.severity = rng.choice([0, 0, 0.3, 0.6, 1]) if self.spoken else 0
        self.tools = False
        self.persona, self.role, self.named = "parley", None, False

    # -- turns

    def caller(self, template, noise=True, ends=True, **values):
        """The caller says an expanded template with values in its slots. A trailing "?" marks a question for typed text.

        With `ends=False` the turn was cut by mistake: its end is nothing to learn.
        """
        text = expand(template, self.rng)
        question = text.endswith("?")
        words = self._words(text.rstrip("?"), values)
        if self.spoken and noise and not values and self.severity and len(words) > 2 and self.rng.random() < 0.05:
            words.insert(self.rng.randint(1, len(words)), (pseudo_word(self.rng), False))  # a word misheard as a name is no name
        text = self._spoken(words, noise) if self.spoken else self._typed(words, question)
        self.messages.append(["user", text, CALLER_WEIGHT if ends else 0.0, CALLER_END_WEIGHT if ends else 0.0])
        return self

    def agent(self, template, weight=1.0, **values):
        """The agent answers. Values are put in as they are."""
        text = expand(template, self.rng)
        for slot, value in values.items():
            text = text.replace("{" + slot + "}", str(value))
        self.messages.append(["assistant", text, weight, weight])
        return self

    def call_tool(self, name, result):
        """The agent calls a tool, and the tool answers."""
        self.messages.append(["assistant", "[[call: %s({})]]" % name, 1.0, 1.0])
        self.messages.append(["tool", result if isinstance(result, str) else json.dumps(result), 0.0, 0.0])
        return self

    def cut_last(self, keep=None):
        """The agent's last turn was interrupted: only a first part of it was heard. Returns what was not said."""
        role, text, weight, _ = self.messages[-1]
        words = re.sub(f"[{STRONG}{STRONG_END}{MUTE}{MUTE_END}]", "", text).split(" ")
        if role != "assistant" or len(words) < 3 or "[[" in text:
            return None
        keep = keep or self.rng.randint(1, len(words) - 1)
        self.messages[-1] = [role, " ".join(words[:keep]), weight, 0.0]
        return " ".join(words[keep:])

    def comma_name(self, chance=0.25):
        """", Anna" now and then, when the name is known."""
        name = self.memory.get("name")
        return ", " + title(name) if name and self.rng.random() < chance else ""

    def last(self, role="user"):
        """The last text of a role, in lower case."""
        return next((text.lower() for who, text, *_ in reversed(self.messages) if who == role), "")

    # -- the caller's words

    def _words(self, text, values):
        words = []
        for part in re.split(r"(\{\w+\})", text):
            slot = part[1:-1] if part.startswith("{") else None
            if slot is None:
                words += [(word, False) for word in part.split()]
                continue
            value = str(values[slot])
            if slot in _PROPER_SLOTS and not self.spoken:
                value = title(value)
            words += [(word, True) for word in value.split(" ")]
        return words

    def _spoken(self, words, noise):
        clean = [(re.sub(r"[,.!:;]", "", word), value) for word, value in words]
        return self.recognizer.hear([(word, value) for word, value in clean if word], self.severity if noise else 0)

    def _typed(self, words, question):
        text = re.sub(r" ([,.!])", r"\1", " ".join(word for word, _ in words))
        text = re.sub(r"\bi('m|'ve|'d|'ll)?\b", lambda match: "I" + (match.group(1) or ""), text)
        text = re.sub(r"([.!] )([a-z])", lambda match: match.group(1) + match.group(2).upper(), capital(text))
        if self.rng.random() < 0.9:
            text += "?" if question else ("" if text[-1] in ".!" else ".")
        elif self.rng.random() < 0.3:
            text = text.lower()
        return text

    # -- the system prompt

    def system(self):
        """A system prompt: a persona in fixed or free wording, a few instructions, and the names of tools."""
        chance = self.rng.random()
        if chance < 0.08:
            if self.rng.random() < 0.5:
                self.tools = True
                self.messages.append(["system", "Tools: get_time, end_call", 0.0, 0.0])
            return self
        if chance < 0.9:
            self.persona = self.rng.choice(PERSONAS) if self.rng.random() < 0.35 else person_name(self.rng)
            self.named = True
            text = self._role_prompt() if self.rng.random() < 0.6 else self._free_prompt()
        else:
            text = expand("(You are a helpful voice assistant.|You are a helpful assistant.|You are a voice assistant in a phone call.|Be brief.|You are a friendly coach.|Help the caller with everything you can.)", self.rng)
        if self.rng.random() < 0.06:
            self.memory["name"] = name = person_name(self.rng)
            text += expand(f" (The caller is called {title(name)}.|The name of the caller is {title(name)}.|You talk to {title(name)}.|The user's name is {title(name)}.|{title(name)} is calling.)", self.rng)
        for extra in self.rng.sample(_EXTRAS, self.rng.choice([0, 0, 1, 1, 2, 3])):
            text = extra + " " + text if self.rng.random() < 0.12 else text + " " + extra
        if self.rng.random() < 0.93:
            self.tools = True
            text += "\nTools: " + self.rng.choice(["get_time, end_call"] * 3 + ["end_call, get_time"])
        self.messages.append(["system", text, 0.0, 0.0])
        return self

    def _role_prompt(self):
        style, role = self.rng.choice(_STYLES), self.rng.choice(_ROLES)
        if self.rng.random() < 0.2:
            style += " and " + self.rng.choice([other for other in _STYLES if other != style])
        words = role if self.rng.random() < 0.25 else style + " " + role
        self.role = ("an " if words[0] in "aeiou" else "a ") + words
        name = title(self.persona)
        return expand(f"(You are {name}, {self.role}.|You are {name}, {self.role}.|Your name is {name}. You are {self.role}.|You are called {name}. You are {self.role}.|You are {self.role}. Your name is {name}.|You are {self.role} called {name}.|You are {self.role} named {name}.)", self.rng)

    def _free_prompt(self):
        name, place = title(self.persona), self.rng.choice(_PLACES)
        if self.rng.random() < 0.25:
            place += " in " + title(self.rng.choice(CITIES))
        if self.rng.random() < 0.5:
            return expand(_FREE_PROMPT, self.rng).replace("NAME", name).replace("PLACE", place)
        return expand(f"(You help the callers of {place}. Your name is {name}.|Your name is {name} and you work for {place}.|{name} is your name. You talk to people who call {place}.|People call you {name}.|You go by the name of {name}.|You answer the phone for {place} as {name}.|Act as {name} from {place}.|You play the role of {name}.|This is a call with {place}. You are {name} and you help the caller.|You are {name}.|Your name is {name}.|The name of the assistant is {name}.|Talk to the user as {name}. You work at {place}.|Introduce yourself as {name}.|You are the voice of {place}, and your name is {name}.)", self.rng)
