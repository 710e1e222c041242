"""Small everyday knowledge: capitals, opposites, the calendar, animals, spelling, counting, and what is out of scope."""
from ..words import (ANIMALS, CITIES, COLOURS, DAYS, FOODS, MONTHS, SPELLING, UNITS, capital, number, person_name, pseudo_word,
                     title)

_CAPITALS = dict(pair.split("=") for pair in """France=Paris Germany=Berlin Italy=Rome Spain=Madrid Portugal=Lisbon England=London Ireland=Dublin
Norway=Oslo Sweden=Stockholm Finland=Helsinki Denmark=Copenhagen Poland=Warsaw Austria=Vienna Hungary=Budapest Greece=Athens Russia=Moscow
Turkey=Ankara Egypt=Cairo Japan=Tokyo China=Beijing Canada=Ottawa Belgium=Brussels Switzerland=Bern Croatia=Zagreb Cuba=Havana
Kenya=Nairobi Peru=Lima Iceland=Reykjavik Netherlands=Amsterdam Scotland=Edinburgh""".split())
_OPPOSITES = [pair.split("=") for pair in """hot=cold big=small fast=slow up=down left=right day=night good=bad happy=sad old=young
tall=short rich=poor open=closed light=dark wet=dry hard=soft early=late full=empty strong=weak loud=quiet clean=dirty near=far high=low
inside=outside first=last black=white long=short easy=difficult yes=no summer=winter front=back""".split()]
_SOUNDS = dict(pair.split("=") for pair in "dog=woof cat=meow cow=moo duck=quack sheep=baa horse=neigh pig=oink rooster=cock-a-doodle-doo bee=buzz lion=roar owl=hoot".split())
_COLOURED = [pair.split("=") for pair in "the sky=blue|grass=green|snow=white|a banana=yellow|blood=red|a tomato=red|coal=black|a lemon=yellow|the sun=yellow|a carrot=orange|milk=white|chocolate=brown".split("|")]
_QUESTIONS = [line.split("=") for line in """how many days are in a week?|how many days does a week have?=A week has seven days.
how many months are in a year?|how many months does a year have?=A year has twelve months.
how many hours are in a day?|how many hours does a day have?=A day has twenty four hours.
how many minutes are in an hour?|how many minutes does an hour have?=An hour has sixty minutes.
how many seconds are in a minute?=A minute has sixty seconds.
how many days does a year have?|how many days are in a year?=A year has three hundred and sixty five days.
how many legs does a spider have?=A spider has eight legs.
how many legs does a dog have?|how many legs does a horse have?=It has four legs.
how many fingers do i have?|how many fingers does a hand have?=A hand has five fingers.
how many wheels does a car have?=A car has four wheels.
how many letters are in the alphabet?=The alphabet has twenty six letters.
what is the biggest animal?|which animal is the biggest?=The blue whale is the biggest animal.
what is the tallest animal?|which animal is the tallest?=The giraffe is the tallest animal.
what is the fastest animal?|which animal is the fastest?=The cheetah is the fastest animal on land.
what is the biggest planet?|which planet is the biggest?=Jupiter is the biggest planet.
what is the biggest ocean?|which ocean is the largest?=The Pacific is the biggest ocean.
what is the highest mountain?|which mountain is the highest?=Mount Everest is the highest mountain.
what is the longest river?=The Nile is one of the longest rivers.
what do bees make?|who makes honey?=Bees make honey.
what do cows drink?=Cows drink water.
what do cows give us?|where does milk come from?=Cows give us milk.
what do you need to cook pasta?=You need hot water, salt and pasta.
what is ice made of?|what is ice?=Ice is frozen water.
when does water boil?|at which temperature does water boil?=Water boils at one hundred degrees.
when does water freeze?=Water freezes at zero degrees.
where does the sun rise?|in which direction does the sun rise?=The sun rises in the east.
where does the sun set?=The sun sets in the west.
what comes after winter?|which season comes after winter?=Spring comes after winter.
what comes after summer?|which season comes after summer?=Autumn comes after summer.
name the four seasons|what are the four seasons?|which seasons are there?=Spring, summer, autumn and winter.
what do plants need?|what does a plant need?=Plants need light, water and air.
what do we breathe?=We breathe air.
is the earth round?|is the earth flat?=The earth is round.
what goes around the earth?=The moon goes around the earth.
what is a baby dog called?|how do you call a baby dog?=A baby dog is called a puppy.
what is a baby cat called?=A baby cat is called a kitten.
which month is the shortest?|what is the shortest month?=February is the shortest month.
when is christmas?|in which month is christmas?=Christmas is in December.
what do you say when you are sorry?=You say, I am sorry.
can penguins fly?=No, penguins cannot fly.
can fish fly?=Most fish cannot fly, but they swim well.
can birds fly?=Yes, most birds can fly.
is a tomato a fruit?=Yes, a tomato is a fruit.
what is the first month of the year?=January is the first month of the year.
what is the last month of the year?=December is the last month of the year.
what is the first day of the week?=Monday is the first day of the week.
what do i need when it rains?|what do i take when it rains?=You need an umbrella.
how long should i sleep?|how much sleep do i need?=About eight hours of sleep are good for most people.
how can i stay healthy?|how do i stay healthy?=Eat well, move every day and sleep enough.
what is a good breakfast?=Bread, fruit and tea make a good breakfast.
how much water should i drink?=About two litres a day are good for most people.
what is two dozen?=Two dozen is twenty four.
how many is a dozen?|how much is a dozen?|what is a dozen?=A dozen is twelve.""".split("\n")]
_JUST = "(||||can you tell me|do you know|tell me|okay|and|please tell me|so)"


def capitals(d):
    country = d.rng.choice(list(_CAPITALS))
    said = country if not d.spoken else country.lower()
    d.caller(f"{_JUST} (what is the capital of|what's the capital of|which city is the capital of|the capital of|name the capital of|what is the main city of|the main city of|what city is the capital of|i need the capital of|say the capital of) {{country}}?", noise=True, country=said)
    d.agent(f"The capital of {country} is {_CAPITALS[country]}.")


def opposites(d):
    word, other = d.rng.choice(_OPPOSITES)
    if d.rng.random() < 0.5:
        word, other = other, word
    if d.rng.random() < 0.7:
        d.caller(f"{_JUST} (what is|what's|what was|) the opposite of {{v}}?", v=word)
    else:
        d.caller("(so|well|) ({v} has which opposite|what do you call the opposite of {v}|which word is the opposite of {v}|give me the opposite of {v}|if it is not {v} what is it)?", v=word)
    d.agent(f"The opposite of {word} is {other}.")


def calendar(d):
    days = d.rng.random() < 0.5
    cycle, slot = (DAYS, "day") if days else (MONTHS, "month")
    index = d.rng.randrange(len(cycle))
    after = d.rng.random() < 0.6
    other = capital(cycle[(index + (1 if after else -1)) % len(cycle)])
    word = "after" if after else "before"
    d.caller(f"{_JUST} (what|which) {slot} (comes|is) {word} {{{slot}}}?", **{slot: cycle[index]})
    d.agent(f"{other} comes {word} {capital(cycle[index])}.")


def animals(d):
    if d.rng.random() < 0.5:
        animal = d.rng.choice(list(_SOUNDS))
        d.caller("(what sound does a {v} make?|what does a {v} say?|how does a {v} go?|what noise does a {v} make?)", v=animal)
        d.agent(f"A {animal} says {_SOUNDS[animal]}.")
    else:
        thing, colour = d.rng.choice(_COLOURED)
        d.caller("(what colour is {v}?|which colour is {v}?|what color has {v}?|what is the colour of {v}?)", v=thing)
        d.agent(f"{capital(thing)} is {colour}.")


def questions(d):
    ask, answer = d.rng.choice(_QUESTIONS)
    d.caller(f"{_JUST} ({ask})")
    d.agent(answer)


def spelling(d):
    word = d.rng.choice(SPELLING) if d.rng.random() < 0.4 else person_name(d.rng).split(" ")[0]
    d.caller("(how do you spell|please spell|can you spell|spell|how is it spelled|how do i write) {v}?", v=word)
    d.agent(", ".join(word.upper()) + ".")


def counting(d):
    top = d.rng.randint(3, 12)
    if d.rng.random() < 0.75:
        d.caller("(count to|please count to|can you count to|count from one to|count up to) {v}?", v=number(top))
        order = range(1, top + 1)
    else:
        d.caller("(count down from|please count down from|count backwards from) {v}", v=number(top))
        order = range(top, 0, -1)
    d.agent(capital(", ".join(number(n) for n in order)) + ".")


def after_me(d):
    """Words to be said again."""
    pool = [person_name(d.rng).split(" ")[0], d.rng.choice(COLOURS), d.rng.choice(FOODS), d.rng.choice(ANIMALS), number(d.rng.randint(0, 99)), pseudo_word(d.rng)]
    words = " ".join(d.rng.sample(pool, d.rng.choice([1, 2, 2, 3])))
    d.caller("(repeat after me|say|please say|can you say|say after me|say the words|repeat) {v}", v=words)
    d.agent(capital(words) + ".")


def dictation(d):
    """Several names, digits or words to be noted or said again: dense practice in copying."""
    for _ in range(d.rng.choice([1, 2, 3])):
        count = d.rng.randint(3, 9)
        chance = d.rng.random()
        if chance < 0.5:
            names = [person_name(d.rng).split(" ")[0] for _ in range(count)]
            d.caller("(remember the names|the names are|note the names|write down the names|here are the names|the guests are called) {name}", name=" ".join(names))
            d.agent("I noted the names " + ", ".join(title(name) for name in names) + ".")
        elif chance < 0.75:
            digits = [UNITS[d.rng.randrange(10 if d.rng.random() < 0.7 else 20)] for _ in range(count)]
            d.caller("(remember the numbers|the numbers are|note the numbers|write down the numbers|here are the numbers|the digits are) {v}", v=" ".join(digits))
            d.agent("I noted the numbers " + " ".join(digits) + ".")
        else:
            words = " ".join(d.rng.choice([pseudo_word, lambda rng: rng.choice(COLOURS + FOODS + ANIMALS + SPELLING)])(d.rng) for _ in range(count))
            d.caller("(repeat after me|say|please say|can you say|say after me|say the words|repeat) {v}", v=words)
            d.agent(capital(words) + ".")


_BEYOND_VERBS = "(explain|explain to me|tell me about|what is|what do you think about|do you know|how does|write an essay about|give me a recipe for|who is|translate|who won|how much does|what happened in|can you book|order|order me|play|call|send an email to|buy|open|show me|where can i find|what's the price of|why do people like|can you fix|how do i install|what is the history of|define|what's the best|find|search for|give me advice about|compare|who invented|when was|where is|recommend|write a program for|help me with|what is your opinion on|why is|who wrote|who built|how old is|how far is|how deep is|how many people live in|how do i clean|turn on|switch off|what happens with|tell me everything about|i need to know everything about|reserve|where do i buy|teach me about|summarise|what did they say about)"
_BEYOND = """bitcoin|taxes|insurance|football results|the stock market|quantum physics|my computer|a pizza|a taxi|the news|the president|politics
some music|the election|my bank|a flight|a hotel|a lamp|the radio|my email|a doctor|my car engine|chemistry|a washing machine|religion|philosophy
a contract|the war|a movie|a song|programming|a website|the traffic|medicine|a train ticket|my order|a restaurant|the lottery|biology
artificial intelligence|a birthday cake|the government|the internet|the roman empire|the french revolution|a black hole|the economy|inflation
the theory of evolution|electricity|the human brain|a lawyer|my tax return|a good phone|the best laptop|a new car|the football game|the world cup
a virus|history|geography|latin grammar|the universe|nuclear power|my landlord|the pyramids|the moon landing|shakespeare|mozart|einstein|gravity
a computer virus|photosynthesis|the stock price|gold|oil|the meaning of life|my messages|the light in the bedroom|the heating|the tower|the bridge|the ocean floor|two coffees
the prime minister|a poem|this letter|the tax law|a bicycle tyre|a broken window|a list of numbers|the stock exchange|my rent contract|a rocket engine""".replace("\n", "|").split("|")


def out_of_scope(d):
    """More than the model knows."""
    thing = d.rng.choice(_BEYOND) if d.rng.random() < 0.6 else " ".join(pseudo_word(d.rng) if d.rng.random() < 0.7 else d.rng.choice(_BEYOND) for _ in range(d.rng.choice([1, 1, 2, 3])))
    d.caller(f"{_JUST} {_BEYOND_VERBS} {{v}}?", v=thing)
    d.agent("(I am sorry, I do not know that.|I am sorry, that is too much for me.) I am only the small built-in model.")


def gibberish(d):
    """Nothing that makes sense."""
    pool = SPELLING + COLOURS + FOODS + ["the", "a", "of", "with", "under", "is", "not", "very", "and", "they", "went", "then", "all", "that"]
    if d.rng.random() < 0.4:
        words = " ".join(pseudo_word(d.rng) for _ in range(d.rng.randint(2, 5)))
    else:
        words = " ".join(d.rng.choice(pool) for _ in range(d.rng.randint(3, 7)))
    d.caller("{v}", v=words)
    d.agent("I am sorry, I did not understand that. (Can you say it again?|Could you say that again, please?)")


def weather(d):
    d.caller("(what's the weather like?|what is the weather today?|how is the weather?|will it rain (today|tomorrow)?|is it going to rain?|is it cold outside?|what's the weather in {city}?|do i need an umbrella today?|how warm is it?|is it sunny?|what will the weather be tomorrow?)", city=d.rng.choice(CITIES))
    d.agent("(I cannot look up the weather.|I am sorry, I do not know the weather.) I have no internet.")
