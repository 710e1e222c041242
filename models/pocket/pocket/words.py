"""Word lists and number words that the skills share."""

NAMES = """anna ben carla david emma frank grace henry iris jack kate leo maria noah olivia paul quinn rosa sam tina ulrich vera walter
xenia yusuf zoe adam alice amir andrea anton bella boris brian bruno carmen carol charlie chloe claire clara daniel diana dmitri dora
edgar elena eli elsa eric erik eva fatima felix fiona flora george gina greta gustav hana hannah harry hassan helen hugo ida igor ingrid
ivan jacob james jana jane jasper jenny jim joan joel john jonas julia karim karl karen katya kevin kim klaus lara laura lea lena liam
linda lisa louis lucas lucy luis luna lydia marco mark marta martin max maya mia michael mike mila mina mira mohamed monica nadia nancy
nico nina nora oliver omar oscar otto pablo patrick peter petra philip pia rachel ralph raj rita robert robin roger ruth sally sandra
sara sasha sean selma simon sofia stefan steve susan tamara tanya ted theo thomas tim tom tobias tony ursula victor viola wendy yara
yuri arthur bernard cynthia dennis esteban francine gordon hector isabel judith kenneth lillian matilda norbert octavia percy quentin
rebecca stanley trevor valerie wallace annette bridget carlos dominic eleanor felicity gabriel harriet irene joseph katherine leonard
margaret nicholas pauline ramona sebastian theresa vincent wilhelm alejandro svetlana kumar chen akira ananya emeka ibrahim leila
mehmet noor olga paulo rashid sanjay tomasz usha vikram wei xavier yasmin zainab""".split()

# Never used in training: the evaluation's names.
HELD_OUT_NAMES = """marvin delia gerald priya tabitha ronan esther callum bianca wilfred odette kieran salome lorenzo agnes desmond nerys
thaddeus imogen rufus beatrix fergus paloma cedric yolanda magnus ottilie jerome saskia leopold meredith tariq winona ezra gwendolyn
anouk barnaby celeste dorian farida""".split()

SURNAMES = """smith jones baker fisher miller carter mason cooper parker turner walker hunter schmidt keller weber novak kowalski rossi
garcia lopez silva costa ivanov petrov larsen hansen nilsson murphy kelly obrien mcdonald campbell stewart singh patel khan tanaka
yamamoto nguyen okafor mensah jensen dubois moreau laurent becker hoffmann""".split()

PERSONAS = "parley parley parley ada max luna nova sage milo iris echo atlas ruby theo clara finn juno leo mira otto pearl robin vera kai bella".split()

COLOURS = "red blue green yellow orange purple pink black white brown grey gold silver turquoise violet".split()
CITIES = """london paris berlin madrid rome vienna prague warsaw lisbon dublin oslo helsinki stockholm athens budapest munich hamburg
cologne milan barcelona amsterdam brussels zurich geneva chicago boston seattle toronto sydney melbourne tokyo delhi cairo istanbul
moscow denver dallas austin leeds glasgow""".split()
PETS = "dog cat rabbit hamster parrot turtle horse goldfish snake pony".split()
FOODS = "pizza pasta sushi soup salad chocolate rice bread cheese curry pancakes noodles apples strawberries tacos potatoes".split() + ["ice cream"]
SPORTS = "football tennis basketball swimming running cycling volleyball hockey golf skiing boxing yoga".split()
HOBBIES = "reading painting cooking gardening dancing singing fishing hiking knitting chess photography drawing".split()
DRINKS = "coffee tea water juice milk lemonade cocoa cola".split()
JOBS = "teacher nurse doctor engineer student driver baker writer farmer lawyer painter cook musician pilot designer".split()
ANIMALS = "elephant lion tiger dolphin penguin owl fox bear wolf giraffe monkey eagle whale kangaroo rabbit horse".split()
MONTHS = "january february march april may june july august september october november december".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
SPELLING = """cat dog house tree water apple school friend table book green blue window garden music orange summer winter morning night
bread flower river mountain sun moon star bird fish horse chair door hand heart light paper train plane""".split()

UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

_ONSETS = "b c d f g h j k l m n p r s t v w z br cr dr fr gr kr pr st tr ch sh th bl cl fl gl sl qu".split() + [""] * 4
_VOWELS = "a e i o u a e i o ai ea ee ou ia io y".split()
_CODAS = "n r l s t m d k x nd rt ll nn ss th ck rn lf".split() + [""] * 10


def number(n):
    """A number from 0 to 999 in words, without hyphens, as a recognizer writes it."""
    if n < 20:
        return UNITS[n]
    if n < 100:
        return TENS[n // 10 - 2] + (" " + UNITS[n % 10] if n % 10 else "")
    rest = " and " + number(n % 100) if n % 100 else ""
    return UNITS[n // 100] + " hundred" + rest


def capital(text):
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def title(text):
    """Every word with its first letter in upper case."""
    return " ".join(capital(word) for word in text.split(" "))


def pseudo_word(rng):
    """A pronounceable word that does not exist: names that nobody listed are copied, not recalled."""
    while True:
        count = rng.choice([1, 2, 2, 2, 3])
        word = ""
        for i in range(count):
            coda = rng.choice(_CODAS) if i == count - 1 or rng.random() < 0.25 else ""
            word += rng.choice(_ONSETS) + rng.choice(_VOWELS) + coda
        if rng.random() < 0.15:
            word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 7)))
        if 2 < len(word) < 11 and word not in HELD_OUT_NAMES:
            return word


def person_name(rng):
    """A first name, an invented one, or now and then a first name with a surname."""
    chance = rng.random()
    name = rng.choice(NAMES) if chance < 0.45 else pseudo_word(rng)
    if rng.random() < 0.05:
        name += " " + rng.choice(SURNAMES)
    return name
