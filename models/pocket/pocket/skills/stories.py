"""Jokes, and stories of the length that was asked for."""
from ..words import ANIMALS

_JOKES = """Why did the bicycle fall over? Because it was two tired.
What do you call a bear with no teeth? A gummy bear.
Why did the cookie go to the doctor? Because it felt crumbly.
What do you call a sleeping bull? A bulldozer.
Why can you never trust stairs? They are always up to something.
What did one wall say to the other? I will meet you at the corner.
Why did the tomato turn red? Because it saw the salad dressing.
What has four wheels and flies? A garbage truck.
Why do bees have sticky hair? Because they use honeycombs.
What do you call a fish without an eye? A fsh.
How does the moon cut its hair? Eclipse it.
Why was the math book sad? It had too many problems.
What is orange and sounds like a parrot? A carrot.
Why did the clock go to school? It wanted to be on time.
What do you call cheese that is not yours? Nacho cheese.""".replace("fish without an eye? A fsh", "snail on a ship? A snailor").split("\n")

_PLACES = "in a small village|near a dark forest|by the sea|on a high mountain|in an old house|in a big city|on a small island|at the edge of a desert".split("|")
_GOALS = [("a golden key", "the key"), ("a red balloon", "the balloon"), ("a hidden treasure", "the treasure"), ("a blue flower", "the flower"), ("a real friend", "a friend"), ("the lost moonlight", "the moonlight"), ("an old map", "the map"), ("a warm home", "a home")]
_HELPERS = "a wise turtle|an old man|a little bird|a friendly fox|a kind woman|a tiny mouse".split("|")
_EVENTS = """The way was long, and the sun was hot.|Then dark clouds came, and it began to rain.|{H} hid under a big tree and waited until the rain was over.
The next day {h} came to a wide river.|There was no bridge, so {h} built a little boat.|In the night it was cold, and the stars were bright.
{H} met {helper}, who knew the way.|They talked and laughed and shared some bread.|Then {h} heard a strange noise behind a rock.
It was only the wind, and {h} smiled.|After three days the path became very steep.|{H} was tired, but did not give up.
In a valley there were a hundred butterflies.|{H} sang a song to be brave.|An old bridge shook under every step.|Somewhere a bell rang, far away.""".replace("\n", "|").split("|")
_ENDINGS = ["{H} was so happy that it danced all night.", "From that day on, {h} was never alone again.", "And so the story ends.", "Then {h} went home under the stars."]


def _tale(d, sentences, hero):
    """A story of about so many sentences, as a list."""
    goal, found = d.rng.choice(_GOALS)
    helper = d.rng.choice(_HELPERS)
    article = "an" if hero[0] in "aeiou" else "a"
    tale = [f"Once upon a time, {article} {hero} lived {d.rng.choice(_PLACES)}.", f"Every night the {hero} dreamed of {goal}."]
    middle = max(0, sentences - 4)
    if middle:
        tale.append(f"One morning the {hero} set out to look for {found}.")
    picks = sorted(d.rng.sample(range(len(_EVENTS)), min(middle, len(_EVENTS))))
    tale += [_EVENTS[i].format(h=f"the {hero}", H=f"The {hero}", helper=helper) for i in picks]
    tale.append(f"At last the {hero} found {found}.")
    tale.append(d.rng.choice(_ENDINGS).format(h=f"the {hero}", H=f"The {hero}"))
    return tale


_YES = "(yes|yes please|yeah|sure|of course|please|okay yes|yes another one|why not|oh yes)"
_NO = "(no|no thanks|no thank you|not now|maybe later|no that's enough)"


def another(d):
    """The answer to "Would you like another one?"."""
    if d.rng.random() < 0.65:
        d.caller(_YES)
        d.agent(d.rng.choice(_JOKES))
    else:
        d.caller(_NO)
        d.agent("Okay{n}. Just tell me when you need something.", n=d.comma_name())


def joke_or_story(d):
    """The answer to "Would you like a joke or a story?"."""
    if d.rng.random() < 0.6:
        d.caller("(a joke|a joke please|the joke|tell me a joke|i'd like a joke|joke please)")
        d.agent(d.rng.choice(_JOKES))
    else:
        d.caller("(a story|a story please|the story|tell me a story|i'd like a story|story please)")
        d.agent(" ".join(_tale(d, d.rng.randint(4, 6), d.rng.choice(ANIMALS))))


def joke(d):
    d.caller("(tell me a joke|tell me a joke please|do you know a joke?|make me laugh|say something funny|can you tell a joke?|another joke please|one more joke|i want to hear a joke|please tell me a joke|a joke please|tell a joke|can you make a joke?|cheer me up with a joke|got a joke?|do you know any jokes?|can you tell me something funny?|(i need|i could use|i want|give me|let me hear|have you got|do you have) (a|another|a good|a little|one) (joke|laugh)|(entertain me|be funny|make a joke|surprise me with a joke|say something to make me smile|i want to laugh|make us laugh))")
    d.agent(d.rng.choice(_JOKES))
    if d.rng.random() < 0.3:
        d.caller("(haha|ha ha|that's funny|that was funny|very funny|good one|i don't get it|that was not funny|ha ha ha good one|that is a good joke)")
        if any(word in d.last() for word in ("don't", "not", "get")):
            d.agent("Sorry, I am not the best at jokes. Would you like another one?")
        else:
            d.agent("I am glad you liked it{n}. Would you like another one?", n=d.comma_name())
        if d.rng.random() < 0.5:
            another(d)


def story(d, interrupted=False):
    """A story: short, of ordinary length, or long; with the hero that was asked for."""
    length = d.rng.choices(["short", "normal", "long"], [5, 4, 2])[0]
    hero = d.rng.choice(ANIMALS + ["cat", "dog", "mouse", "dragon", "robot", "king", "girl", "boy"])
    about = d.rng.random() < 0.4
    adjective = {"short": "(short|short|little|very short|quick)", "normal": "(||nice|good|bedtime)", "long": "(long|long|very long|longer|really long)"}[length]
    tail = " about a {v}" if about else ""
    d.caller(f"(tell me a|please tell me a|can you tell me a|i want to hear a|could you tell me a|tell a|let me hear a|i would like a|how about a|do you know a|read me a|i'd love a|i want a|my son wants a|give me a|have you got a|let's have a|would you tell us a|we would love a) {adjective} (story|story|story|tale){tail} (||please|for tonight|for me|for the kids)?", v=hero)
    tale = _tale(d, {"short": d.rng.randint(3, 4), "normal": d.rng.randint(6, 7), "long": d.rng.randint(12, 15)}[length], hero)
    d.agent(" ".join(tale))
    if length == "short" and d.rng.random() < 0.25:
        d.caller("(another one please|another story please|tell me another one|a longer one please|one more story|now a longer story|can you tell me a longer one?|again but longer)")
        longer = "longer" in d.last()
        d.agent(" ".join(_tale(d, d.rng.randint(9, 12) if longer else d.rng.randint(4, 6), hero)))
    return hero
