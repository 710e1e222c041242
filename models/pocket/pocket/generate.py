"""Writes dialogues: python -m pocket.generate COUNT SEED OUT.jsonl [main|copy|drill]

One line is one dialogue: a list of [role, text, weight in the loss, weight of the end token]. `copy` dialogues are short and full of
names and facts, `drill` dialogues are sums and dictation; training begins with more of these two.
"""
import json
import random
import sys

from .dialogue import Dialogue
from .noise import Recognizer
from .skills import arithmetic, interruptions, knowledge, memory, stories, talk, tools

_TOPICS = [
    (talk.small_talk, 4), (talk.who, 10), (talk.what, 5), (talk.coaching, 7), (talk.feelings, 3), (talk.short_answers, 5),
    (arithmetic.sums, 16), (knowledge.capitals, 4), (knowledge.opposites, 4), (knowledge.calendar, 4), (knowledge.animals, 3),
    (knowledge.questions, 8), (knowledge.spelling, 3), (knowledge.counting, 2), (knowledge.after_me, 4), (knowledge.out_of_scope, 7),
    (knowledge.gibberish, 2), (knowledge.weather, 2), (tools.time, 9), (tools.date, 7), (stories.joke, 4), (stories.story, 3),
    (interruptions.story_go_on, 2), (interruptions.count_go_on, 2), (interruptions.cut_by_mistake, 2),
]
_FUNCTIONS, _WEIGHTS = zip(*_TOPICS)


def _memory_step(d):
    """One step about names and facts: told, asked, asked without being told, corrected."""
    chance = d.rng.random()
    if "name" not in d.memory and chance < 0.3:
        memory.tell_name(d)
    elif chance < 0.4:
        memory.ask_name(d)
    elif chance < 0.58:
        memory.ask_untold(d)
    elif chance < 0.63:
        memory.correct_name(d)
    elif chance < 0.67:
        memory.correct_fact(d)
    elif chance < 0.71:
        memory.tell_two(d)
    elif chance < 0.74:
        memory.ask_two(d)
    elif chance < 0.77:
        memory.what_is_known(d)
    elif chance < 0.83:
        memory.tell_called(d)
    elif chance < 0.9:
        memory.tell_fact(d)
    else:
        memory.recall(d)


def main_dialogue(rng):
    """A whole call, as it might go."""
    d = Dialogue(rng).system()
    chance = rng.random()
    if chance < 0.25:
        talk.greeting_first(d)
    elif chance < 0.55:
        talk.greeting(d)
    steps = rng.choice([2, 3, 3, 4, 4, 5, 6, 7]) if rng.random() > 0.04 else rng.randint(9, 16)
    for _ in range(steps):
        chance = rng.random()
        if chance < 0.36:
            _memory_step(d)
        elif chance < 0.48 and d.memory:
            memory.recall(d)
        else:
            rng.choices(_FUNCTIONS, _WEIGHTS)[0](d)
        chance = rng.random()
        if chance < 0.025:
            interruptions.cut_and_stop(d)
        elif chance < 0.09:
            interruptions.cut_silently(d)
        elif chance < 0.13:
            interruptions.say_again(d)
    for _ in range(rng.choice([0, 1, 1, 2])):
        if d.memory:
            memory.recall(d)
    if d.tools and rng.random() < 0.3 or rng.random() < 0.02:
        tools.end_call(d)
    elif rng.random() < 0.2:
        talk.goodbye(d)
    return d.messages


def copy_dialogue(rng):
    """A short one about names and facts."""
    d = Dialogue(rng).system()
    steps = [memory.tell_name, memory.tell_two, memory.ask_two, memory.tell_fact, memory.tell_fact, memory.tell_called, knowledge.after_me,
             knowledge.spelling, talk.who, talk.who, talk.who, tools.time, tools.date, memory.correct_name, memory.correct_fact, memory.ask_name, memory.ask_untold, memory.ask_untold, memory.ask_untold, memory.recall]
    if rng.random() < 0.5:
        memory.tell_name(d)
    for _ in range(rng.choice([1, 2, 3])):
        rng.choice(steps)(d)
    for _ in range(rng.choice([1, 2, 3])):
        memory.recall(d) if d.memory else memory.ask_untold(d)
    return d.messages


def drill_dialogue(rng):
    """Dense practice: sums, or words to copy."""
    d = Dialogue(rng)
    if rng.random() < 0.3:
        d.system()
    chance = rng.random()
    if chance < 0.45:
        arithmetic.drill(d)
    elif chance < 0.8:
        knowledge.dictation(d)
    else:
        for _ in range(rng.choice([1, 2, 3])):
            arithmetic.sums(d)
    return d.messages


KINDS = {"main": main_dialogue, "copy": copy_dialogue, "drill": drill_dialogue}


def with_recognizer(rng, recognizer=None):
    """The random numbers, with one recognizer for all dialogues drawn from them."""
    rng.recognizer = recognizer or Recognizer(rng)
    return rng


def sample(count, rng, kind="main", recognizer=None):
    """Dialogues one after the other."""
    with_recognizer(rng, recognizer)
    return (KINDS[kind](rng) for _ in range(count))


if __name__ == "__main__":
    with open(sys.argv[3], "w") as out:
        for messages in sample(int(sys.argv[1]), random.Random(int(sys.argv[2])), *sys.argv[4:]):
            out.write(json.dumps(messages) + "\n")
