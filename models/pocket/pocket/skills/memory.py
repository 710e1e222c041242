"""Names and facts: told, corrected, asked back many turns later, or asked without ever having been told."""
from ..dialogue import strong
from ..words import (CITIES, COLOURS, DRINKS, FOODS, HOBBIES, JOBS, MONTHS, PETS, SPORTS, UNITS, capital, number, person_name, title)

# ---------------------------------------------------------------- wording shared by all facts

_BEFORE = "(||||||so|well|um|okay|oh|and|by the way|oh by the way|you should know|just so you know|i want to tell you that|let me tell you|remember that|please remember that|don't forget|also|listen|one more thing|for your information|i can tell you that|i think i said it already but|did i mention that)"
_AFTER = "(|||||||by the way|just so you know|you know|please remember that|remember that please|don't forget it|keep that in mind|please note that|if you want to know|okay)"
_LINK = "(||||so|and|okay|now|um|hey|tell me|well then|one question|let me test you|and now|just checking|sorry but|wait)"
_TAIL = "(|||||again|please|by the way|if you remember|do you know|now|then|do you still know that|i forgot|again please)"
_INDIRECT = "(do you remember|do you know|do you still know|do you still remember|can you remember|can you tell me|could you tell me|could you say|please tell me|tell me|just tell me|say|remind me|please remind me of|remind me please|can you remind me of|i forgot|i have forgotten|i want to know|i would like to know|what did i say is|what did i tell you is|what did i say about|have you noted|did you remember|did you write down|let me hear|are you able to tell me|would you know|any idea|can you recall|you remember|so you know|can you repeat|repeat|give me|what was|what was that|and|what about|how about|which one was|i wonder if you know)"

_NAME_TELL = """my name is {name}|my name is {name}|i'm {name}|i am {name}|my name's {name}|{name} is my name|{name} is the name|{name}'s my name
they call me {name}|people call me {name}|my friends call me {name}|my mother calls me {name}|you can call me {name}|please call me {name}
call me {name}|just call me {name}|i'm called {name}|i am called {name}|i am named {name}|this is {name}|this is {name} speaking|{name} here
it's {name} here|it's {name}|it is {name}|it's {name} by the way|{name} speaking|the name is {name}|the name's {name}|my first name is {name}
you may call me {name}|i go by the name of {name}|i was named {name}|my parents named me {name}|most people know me as {name}
you speak to {name}|you're speaking with {name}|my name it is {name}|so {name} that's me|{name} that is my name|{name} that's what they call me
that's me {name}|i would be {name}|everybody says {name} to me|for you i'm {name}|my name that's {name}|i have the name {name}
let me introduce myself i am {name}|i should introduce myself my name is {name}|i didn't tell you my name it's {name}
you can say {name} to me|use the name {name} for me|write down my name it's {name}|my full name is {name}|my nickname is {name}
i'm the one called {name}|my name happens to be {name}|the person talking to you is {name}|{name} is what people call me
{name} is how my friends call me|{name} i'm called|{name} i am|who i am well i'm {name}|if you need a name it's {name}|name's {name}
i'm known as {name}|i am also known as {name}|save my name it is {name}|remember my name it's {name}|my name please remember is {name}""".replace("\n", "|")
_NAME_FREE = """(everybody|everyone|my family|the people here|my colleagues|my neighbours|the kids|my team|most people|my grandma|the whole street|all my friends|at home they|at school they|my wife|my husband|the others) (just|always|usually|simply|only|still|) (call me|calls me|know me as|use the name|name me|named me|shout|say) {name}
(you have|you've got|there is|here is|it is|it's only|it's just|you are talking with|you talk to|you reached|you hear|that is|now you have) {name} (on the phone|at the phone|speaking|calling|again|here|in front of you|with you)
(my id card|my badge|the sign on my door|my driving licence|the list|my email|my letter box|my papers) (says|reads|shows|has|say) {name}
the name (i got|my parents gave me|on my card|i use|to use|they gave me|that i go by|i like|people use|for me|on the list) (is|was|would be|should be) {name}
(i introduce myself as|i present myself as|i respond to|i listen to|i react to|i sign as|i write my name as|i would like to be called|i prefer to be called|i like to be called|i want to be called|i use the name|i'm registered as|my parents went for|they picked) {name}
(say hello to|please greet|meet|let me present|allow me to introduce|welcome|make a note of) {name} (that's me|that is me|the one and only|and that is who i am|)
(hello|hi|hey|good day|oh hi|good evening) (my name would be|the name's|here speaks|this here is|it's me|me again it's|here comes|here's) {name}
(as for|about|when it comes to|talking about) (me|my name) (it's|i'm|that's|people say) {name}
(pleased to meet you|good to talk to you|great to hear you|glad to meet you|how do you do) (i'm|i am|my name is|it's|this is|they call me|) {name}""".replace("\n", "|")
_NAME_OPEN = "(|||||||hi|hello|hey|hello there|good morning|good evening|yes|yes hello|sure|okay|well|oh|um|so|hi there|nice to meet you|by the way|oh by the way|i just came home|before we start|and|thanks for asking|oh sorry|just so you know)"
_NAME_CLOSE = "(|||||||||nice to meet you|by the way|and who are you|how are you|what can you do|please remember that|don't forget it|and i need some help|i call from home|i'm new here|okay|you know)"
_NAME_ASK = """what's my name?|what is my name?|what's my name?|what is my name?|who am i?|what was my name?|what am i called?|what did i say my name was?|so who am i then?|say my name
what name did i tell you?|what name did i say?|how am i called?|what do they call me?|what do people call me?|what should you call me?
how do you call me?|who are you talking to?|who are you speaking with?|with whom are you talking?|who is speaking to you?|who is on the phone?
who is calling you?|my name is what?|my name was?|my name please|and my name?|and me who am i?|you know my name right?|is my name known to you?
what is the name i told you?|which name do i have?|what name do i go by?|and what was my name?|do you know who i am?|do you know who you are talking to?
do you know what i'm called?|do you have my name?|did you get my name?|did you catch my name?|what's the name of the person talking to you?
what name have i got?|could you say my name?|greet me by my name|call me by my name|address me by name|tell me who i am|have i told you my name?
did i tell you my name?|you forgot my name didn't you?|i bet you forgot my name|i hope you remember my name|let's see what is my name?
one last question what's my name?|who did i say i was?|so tell me what they call me|what name did you write down for me?""".replace("\n", "|")
_NAME_ASK_FREE = """(which|what) (name|first name) (do you have for me|did you write down|did you note|do i have|did i give|did you hear|was mine|is mine|belongs to me|should be on my badge|do you know me by|did i introduce myself with|goes with me)?
(let's see|a little test|a quiz|small question|now a test|tell me honestly|here is a question|be honest) (if you know|do you know|what is|do you still have|can you say|how about) (my name|who i am|what i'm called|the name i said)?
(are you sure you|do you really|you don't|you do|hopefully you|i guess you|maybe you) (know|remember|recall|have noted|kept) (my name|who i am|what i am called|what they call me|the name i mentioned)?
(what would you|how would you|how do you|how should you|how can you|what do you) (call me|address me|greet me|name me)?
(the person on the phone|the caller|the one who talks to you|your caller|the one calling) (is called what|has which name|is who|has what name)?
(and who|now who|who exactly|who) (is it that is calling|do you speak to|do you talk with|am i to you|do you think i am|did i tell you i am|is your caller)?
(i need|i want|let me hear|give me|repeat|i'd like to hear|read out) my (own|first|) name (please|again|once more|now|back)
(my|and my|so my) (own|first|) name (again|once more|was|would be|is what|is)?
(at the beginning|before|earlier|a while ago|a minute ago|when we started) i (told|gave) you my name (what was it|which one was it|say it|so what is it)?""".replace("\n", "|")
_NAME_CLAUSE = "my name|my name|what my name is|what my name was|who i am|what i am called|what i'm called|what to call me|how i am called|what they call me|the name i told you|the name i gave you"


# Looser wordings; NOUN is the kind of fact.
_TELL_FREE = "(please|can you|could you|would you|just|) (note|save|keep|write down|put down|store|take down) {v} (as|for) (my NOUN|the NOUN)|(if you ask for|if somebody asks for|when they ask you for|talking about|regarding) my NOUN (it's|say|it is|that's|just say) {v}|(since last year|for a long time|these days|right now|since i was young|as always) my NOUN (is|has been|was) {v}|(i think|i believe|i'm sure|i can say|everybody knows|i'm happy to say) (my NOUN is {v}|{v} is my NOUN|that {v} is my NOUN)|{v} (would be|has become|was always|is still) my NOUN|my NOUN (happens to be|has to be|can only be|turned out to be|has always been|will always be|should be|must be) {v}"
_ASK_FREE = "(which|what) (was|is) (the|that|this) NOUN (of mine|i told you|i mentioned|i gave you|from before|you noted|you wrote down)?|(let's see if you know|a little test|tell me honestly|quick question|here is a question|a quiz) (what is|what was|which is|do you know|about) my NOUN?|(are you sure you|do you really|you don't|hopefully you|i guess you) (know|remember|recall|kept|noted) my NOUN?|(my|and my|so my|now my) NOUN (again|once more|was|is what|would be|please say it)?|(earlier|before|a minute ago|in the beginning) i (told|gave) you my NOUN (what was it|which one was it|so what is it|say it)?|(i need|let me hear|give me|i'd like to hear|read me|i want) my NOUN (please|again|once more|now|back)|(do you have|have you got|have you kept) my NOUN (somewhere|in your notes|in mind|there)?|(how|what) would you (answer|say) if (somebody|my friend|someone) asks for my NOUN?"


class Fact:
    """One kind of fact: how it is told, asked and given back. `noun` is spoken as "your <noun>"."""

    def __init__(self, noun, values, tell, ask, clause, answer, noted, nouns=None, unknown=None, tell_free="", ask_free=""):
        self.noun, self.values = noun, values
        forms = nouns or noun
        self.tell_free = "|".join(filter(None, [_TELL_FREE.replace("NOUN", f"({forms})"), tell_free]))
        self.ask_free = "|".join(filter(None, [_ASK_FREE.replace("NOUN", f"({forms})"), ask_free]))
        self.tell = f"({tell}|my ({forms}) is {{v}}|my ({forms}) is {{v}}|my ({forms}) was always {{v}}|{{v}} is my ({forms})|the ({forms}) i have is {{v}}|as for my ({forms}) it's {{v}}|my ({forms}) it's {{v}}|my ({forms}) would be {{v}}|for my ({forms}) i say {{v}}|it's {{v}} my ({forms})|{{v}} that's my ({forms})|about my ({forms}) it is {{v}}|i'd say my ({forms}) is {{v}})"
        self.ask = f"({ask}|what is my ({forms})?|what's my ({forms})?|what was my ({forms})?|my ({forms}) is what?|and my ({forms})?|my ({forms}) please|which is my ({forms})?|what ({forms}) do i have?|which ({forms}) did i tell you?|what did i say was my ({forms})?)"
        self.clause = f"({clause}|my ({forms})|my ({forms})|what my ({forms}) is|which ({forms}) i have)"
        self.answer, self.noted = answer, noted
        self.unknown = unknown or f"You have not told me your {noun} yet."

    def pick(self, rng):
        return self.values(rng) if callable(self.values) else rng.choice(self.values)


def _code(rng):
    digits = [rng.randrange(10) for _ in range(rng.choice([3, 4, 4, 4, 4, 5, 6]))]
    if rng.random() < 0.45:  # repeated digits are the hard ones
        digits[rng.randrange(1, len(digits))] = digits[0]
        at = rng.randrange(1, len(digits))
        digits[at] = digits[at - 1]
    return " ".join(UNITS[digit] for digit in digits)


def _any_number(rng):
    return number(rng.randint(0, 100) if rng.random() < 0.75 else rng.randint(101, 999))


def _room(rng):
    return number(rng.randint(1, 99) if rng.random() < 0.45 else rng.randint(100, 999))


FACTS = {
    "colour": Fact("favourite colour", COLOURS,
                   "i like the colour {v}|i love {v} it is my colour|the colour i like best is {v}|i like {v} best of all colours|of all colours i prefer {v}|{v} is the colour i love|no colour is nicer than {v} for me|i love everything that is {v}",
                   "which colour do i like?|what colour do i like best?|which color do i love?|what's the colour i like?|which colour do i love most?|what colour did i tell you?",
                   "which colour i like|what colour i like best|the colour i like", "Your favourite colour is {v}.", "{V} is a (nice|lovely) colour{n}.|Nice, {v} is a good choice{n}.",
                   nouns="favourite colour|favorite color|favourite color|colour|preferred colour",
                 tell_free="(my car|my bike|my room|my kitchen|my jacket|my door|everything i own|my hat) (is|should be|must be|will be) {v} (because i love it|i love that colour|my best colour)|(i am|i'm|i was always) (crazy about|a fan of|in love with|fond of) (the colour|) {v}|(paint it|make it|give me) {v} (that's my colour|i like that colour|it's the best colour)|(when i see|seeing) {v} i am happy it is my colour",
                 ask_free="(which|what) (colour|color) (am i a fan of|makes me smile|would i choose|would i pick|should my car have|do i want for my room|is the one for me|do i prefer|would i wear|is my number one)?"),
    "city": Fact("home city", CITIES,
                 "i live in {city}|i live in {city}|i'm from {city}|i come from {city}|my city is {city}|i am living in {city}|my home is in {city}|{city} is where i live|{city} is my home|i call you from {city}|i moved to {city} last year|we live in {city}|i have a flat in {city}|at the moment i live in {city}",
                 "where do i live?|where do i live?|where am i from?|which city do i live in?|what city do i live in?|in which city do i live?|where do i come from?|where is my home?|where did i say i live?|what place do i live in?|what town am i from?",
                 "where i live|where i live|where i am from|which city i live in|where i come from|the city i live in|where my home is", "You live in {v}.", "{V} is a nice city{n}.|I will remember that you live in {V}.",
                 nouns="home city|city|home town|home|town",
                 tell_free="(my house|my apartment|my room|my family|my bed) (is|stands) in {city}|(i grew up|i was raised|i settled|i stay|i spend my days|my life is|i pay my rent|i have a house) in {city}|(greetings|hello|i'm calling) from {city} (my home|where i live|that's where i live)|(i call|i named) {city} my home|{city} (is the place where i live|has been my home for years)",
                 ask_free="(in which|in what|which|what) (place|city|town) (is my home|do i call home|is my house|do i spend my life|did i say i live|do i belong to|am i at home)?|(where|in which town) (is my house|do i sleep at night|should you visit me|can you find me|would you look for me|do i have my flat|did i grow up)?", unknown="You have not told me where you live yet."),
    "food": Fact("favourite food", FOODS,
                 "i love to eat {v}|i like to eat {v}|the food i like best is {v}|i could eat {v} every day|my favourite thing to eat is {v}|i like {v} more than any other food|nothing tastes better than {v}|there is no better food than {v}|the meal i love is {v}",
                 "what do i like to eat?|what food do i like?|which food do i like best?|what do i eat every day?|what do i love to eat?|which meal do i like?",
                 "what i like to eat|what food i like|which food i like best|the food i love", "Your favourite food is {v}.", "{V}, that sounds tasty{n}.|I will remember that you like {v}.",
                 nouns="favourite food|favorite food|favourite meal|favourite dish",
                 tell_free="(i am|i'm) (crazy about|a big fan of|in love with|always hungry for|mad about) {v}|(for dinner|for lunch|at a party|on sundays|on my birthday) (i want|i need|i eat|i always have|there must be) {v} (i love it|my best meal|it's the best|)|(you make me happy with|nothing beats|i can't live without|i never say no to) {v}",
                 ask_free="(what|which food|which dish) (should i get for dinner|would i order|makes my day|do i want on my birthday|would i eat every day|am i always hungry for|can't i live without|do i love most)?"),
    "sport": Fact("favourite sport", SPORTS,
                  "the sport i like is {v}|the sport i do is {v}|my sport is {v}|when it comes to sport i like {v}|the sport for me is {v}|for sport i do {v}",
                  "which sport do i like?|what sport do i like?|what sport do i do?|which sport do i do?", "which sport i like|what sport i do|the sport i like",
                  "Your favourite sport is {v}.", "{V} is a great sport{n}.|{V} keeps you fit{n}.", nouns="favourite sport|favorite sport|sport"),
    "hobby": Fact("hobby", HOBBIES,
                  "in my free time i like {v}|as a hobby i like {v}|my hobby is {v}|for fun i do {v}|i spend my free time with {v}|on weekends i enjoy {v}",
                  "what do i do in my free time?|what do i do for fun?|what do i like to do in my free time?", "what i do in my free time|what i do for fun|what hobby i have",
                  "Your hobby is {v}.", "{V} is a nice hobby{n}.|{V}, that sounds like fun{n}.", nouns="hobby|favourite hobby|favorite hobby"),
    "drink": Fact("favourite drink", DRINKS,
                  "i like to drink {v}|i always drink {v}|in the morning i drink {v}|the drink i like best is {v}|i drink a lot of {v}|nothing is better than a cup of {v}",
                  "what do i like to drink?|what do i drink?|which drink do i like?|what do i drink in the morning?", "what i like to drink|which drink i like|what i drink",
                  "Your favourite drink is {v}.", "{V}, good choice{n}.|I will remember that you like {v}.", nouns="favourite drink|favorite drink"),
    "job": Fact("job", JOBS,
                "i work as a {v}|i work as a {v}|i'm a {v}|i am a {v}|my job is {v}|by profession i'm a {v}|i earn my money as a {v}|i have a job as a {v}|i became a {v}|at work i am a {v}",
                "what do i do for work?|what do i work as?|what do i do for a living?|what is it that i work as?", "what i do for work|what i work as|what job i have|what i do for a living",
                "You work as {a}.", "{V}, that is an important job{n}.|It must be interesting to be {a}{n}.", nouns="job|profession|work",
                 tell_free="(they hired me|i was hired|they pay me|i get paid|i've been working|i have worked|i trained) as a {v}|(in my daily life|by day|from monday to friday) i am a {v}|(i make a living|i make my money) as a {v}|(since i left school|for two years) i have been a {v}",
                 ask_free="(how do i|what do i do to|with what do i) (make a living|pay my bills|earn my money|spend my working day)?|(what|which) (work|profession|job) (did i learn|do i do|am i in|did i tell you about|pays my rent)?|what am i by profession?"),
    "month": Fact("birthday", MONTHS,
                  "my birthday is in {month}|i was born in {month}|my birthday month is {month}|{month} is when i was born|i have my birthday in {month}|i celebrate my birthday in {month}|my birthday comes in {month}",
                  "when is my birthday?|in which month is my birthday?|when was i born?|in which month was i born?|what month is my birthday in?|when do i have my birthday?|which month is my birthday?",
                  "when my birthday is|when i was born|in which month i was born|the month of my birthday", "Your birthday is in {v}.", "{V} is a nice month for a birthday{n}.|Okay, your birthday is in {V}.",
                  nouns="birthday month|month of birth", unknown="You have not told me when your birthday is."),
    "number": Fact("number", _any_number,
                   "remember the number {v}|please remember the number {v}|my number is {v}|the number i like is {v}|the number is {v}|keep the number {v} in mind|note the number {v}|{v} is the number|{v} is my number|i give you the number {v}|can you remember the number {v}|my lucky number is {v}",
                   "which number did i tell you?|what number did i say?|what was the number?|which number was it?|what number did i give you?|what's the number i told you?|which number do i like?|the number please|what number should you remember?",
                   "the number|the number i told you|which number i said|what number i gave you|what the number was", "Your number is {v}.", "Okay, I will remember the number {v}.|Got it{n}, the number is {v}.",
                   nouns="lucky number|favourite number|number|favorite number",
                 tell_free="(i think of|i am thinking of|i thought of|i chose|i choose|i've chosen|i take|i wrote down|i bet on) (the number|number|) {v}|(let's say|let us take|take) the number {v}",
                 ask_free="(which|what) number (did i choose|was on my mind|did i bet on|am i thinking of|did i take|is in my head|did i have|was it i chose)?"),
    "room": Fact("room number", _room,
                 "my room is {v}|i'm in room {v}|i am in room {v}|i stay in room {v}|i'm staying in room {v}|you find me in room {v}|i sleep in room {v}|they gave me room {v}|i have room {v}|room {v} is mine|room {v} is my room",
                 "which room am i in?|what room am i in?|in which room am i?|what room do i have?|which room did they give me?|where is my room?|which room is mine?",
                 "which room i am in|what room i have|which room is mine|the number of my room", "Your room number is {v}.", "Okay{n}, room {v}.|Got it, room {v}.", nouns="room number|room",
                 tell_free="(they booked me|i sleep|i live|i'm|you will find me|come and see me|bring it to me) (in|into|to) room {v}|(my key|my key card|the key) (is for|opens|says) room {v}|(my bed|my suitcase|my luggage) is in room {v}",
                 ask_free="(in which|which|what) room (do i sleep|is on my key|should they bring it to|will you find me|do they have me in|is my bed in|was it)?|(where|which door) (do i sleep|is my room|does my key open)?"),
    "age": Fact("age", lambda rng: number(rng.randint(5, 99)),
                "i'm {v} years old|i am {v} years old|i am {v} years old|i turned {v} last week|i'm {v}  years of age|i will stay {v} until my birthday|i am already {v} years old|{v} is how old i am",
                "how old am i?|how old am i?|what age am i?|how many years old am i?|how old did i say i am?|how old do you think i am?", "how old i am|how old i am|what age i am",
                "You are {v} years old.", "Okay, you are {v} years old.|{V} years, that is a good age{n}.", unknown="You have not told me how old you are.",
                 tell_free="(last week|yesterday|this year|in may|on sunday) i (became|turned|got) {v}|(i'm|i am) (now|already|almost|only|just|not older than) {v} (years|years old|)|(i have lived|i've been on this earth) for {v} years|my last cake had {v} candles",
                 ask_free="(how many|what number of) (years|candles|birthdays) (do i have|did my cake have|have i had|am i|have i been here)?|(do you know|tell me|and) (how old|my age|my years)?|(what|how high) is my age?"),
    "code": Fact("code", _code,
                 "the code is {v}|my pin is {v}|please remember the code {v}|my order number is {v}|my ticket number is {v}|note the code {v}|the code for the door is {v}|here is my code {v}|here comes the code {v}|the code was {v}|{v} is the code|i have the code {v}",
                 "what's the code?|what was the code?|what code did i give you?|what is the code?|which code was it?|the code please|what code did i tell you?|what is the code for the door?|how do i open the door what is the code?",
                 "the code|the code i gave you|what the code was|what the code is", "Your code is {v}.", "Okay, I noted {v}.|Got it, the code is {v}.", nouns="code|pin|secret code|ticket number|order number|pin code",
                 tell_free="(to get in|to open it|for the lock|at the door|for the alarm|to log in) (you need|type|i type|use|press|it is|i use) {v}|(the digits are|the combination is|the password is|the lock opens with|the secret is) {v}",
                 ask_free="(which|what) (digits|numbers|combination|code|keys) (do i press|open the door|did i tell you|do i need|do i type|open the lock|get me in)?|how (do i get in|do i open the gate|can i open the lock) (what do i type|which digits|with which code)?"),
}
_PET_TELL = "(i have a|i've got a|my pet is a|at home i have a|there is a|we have a|i own a) {v} (called|named|and its name is|and his name is|and her name is|with the name|and we call it) {pet_name}|my {v} is called {pet_name}|the name of my {v} is {pet_name}|my {v}'s name is {pet_name}|{pet_name} is the name of my {v}|{pet_name} is my {v}|my {v} has the name {pet_name}|we named our {v} {pet_name}|our {v} is called {pet_name}"
_PET_FREE = "(today|yesterday|every day) i (walk|play with|brush|met|visited|wash|look after) (my {v}|our {v}) {pet_name}|{pet_name} (my {v}|our {v}) (is sleeping|is hungry|is funny|lives with me|says hello|is with me)|(i live with|i take care of|we got) a {v} (and i call it|and we named it|by the name of|that is called) {pet_name}|(you should meet|say hello to|there goes) {pet_name} (my {v}|our {v}|the {v})"
_PET_ASK = "(which|what) name (did i give|did we give|belongs to|has|do i use for) my {v}?|(and|so) (how|what) (do i|do we) (call|name) (my|our|that) {v}?|do you know the {v} of mine what is its name?|what is my {v} called?|what's the name of my {v}?|what is the name of my {v}?|what's my {v}'s name?|how is my {v} called?|what is my {v}'s name?|my {v} is called what?|which name does my {v} have?|what did i name my {v}?|what do i call my {v}?|and my {v}?|do i have a {v} and what's its name?"
_PET_CLAUSE = "the name of my {v}|what my {v} is called|my {v}'s name|how my {v} is called"
_FRIEND_KINDS = "sister|brother|mother|father|wife|husband|boss|best friend|neighbour|son|daughter|teacher|cousin|uncle|aunt"
_FRIEND_TELL = "my {v} is called {friend}|my {v}'s name is {friend}|the name of my {v} is {friend}|{friend} is my {v}|i have a {v} called {friend}|i have a {v} named {friend}|i was with my {v} {friend}|{friend} is the name of my {v}"
_FRIEND_FREE = "(yesterday|today|last week|on sunday|tonight) (i met|i visit|i saw|i will see|i talked to|i had dinner with) (my {v} {friend}|{friend} my {v}|{friend} who is my {v})|{friend} (my {v}|who is my {v}|that's my {v}) (helps me|is here|says hello|lives with me|is very nice|called me)|(you should meet|say hello to|there is) (my {v} {friend}|{friend} my {v})"
_FRIEND_ASK = "(which|what) name (has|did i say for) my {v}?|(and|so) who (did i say is|was|is) my {v}?|do you know my {v} by name?|tell me what my {v} is called?|what is my {v} called?|what's the name of my {v}?|what is the name of my {v}?|who is my {v}?|what is my {v}'s name?|how is my {v} called?|what's my {v}'s name?|what do i call my {v}?"
_NUMBERS = {"number", "room", "age", "code"}


def _new_value(d, key):
    """A fresh value; people who type write numbers in digits now and then."""
    value = FACTS[key].pick(d.rng)
    if d.spoken or key not in _NUMBERS or d.rng.random() < 0.6:
        return value
    if key == "code":
        return "".join(str(UNITS.index(digit)) for digit in value.split())
    return str({"room": d.rng.randint(1, 999), "age": d.rng.randint(5, 99)}.get(key, d.rng.randint(0, 120)))


def _article(word):
    return ("an " if word[0] in "aeiou" else "a ") + word


def _value(key, value):
    """The value as the agent writes it."""
    return title(value) if key in ("city", "month") else value


def _fill(d, template, key, value):
    value = _value(key, value)
    return d.agent(template, v=strong(value), V=strong(capital(value)), a=strong(_article(value)), n=d.comma_name(0.15))


# ---------------------------------------------------------------- the name

def tell_name(d, name=None, answer=False):
    """The caller says who it is; `answer` follows the question for the name, so a bare name will do."""
    name = d.memory["name"] = name or person_name(d.rng)
    if answer and d.rng.random() < 0.6:
        d.caller("(my name is|i'm|i am|it's|it is|i'm called|they call me|||the name is|yes it's|sure i'm|well it's|of course it's) {name}", name=name)
    else:
        d.caller(f"{_NAME_OPEN} ({_NAME_TELL if d.rng.random() < 0.6 else _NAME_FREE}) {_NAME_CLOSE}", name=name)
    said, name = d.last(), strong(title(name))
    if "what can you do" in said:
        d.agent(f"(Nice to meet you, {name}.|Hello, {name}.) I can chat, do small sums and tell jokes or stories.")
    elif "who are you" in said:
        d.agent(f"(Nice to meet you, {name}.|Hello, {name}.) {introduction(d)}")
    elif "how are you" in said:
        d.agent(f"(Nice to meet you, {name}.|Hello, {name}.) I am fine, thank you.")
    elif "help" in said:
        d.agent(f"(Nice to meet you, {name}.|Hello, {name}.) What do you need help with?")
    else:
        d.agent(f"(Nice to meet you, {name}.|Nice to meet you, {name}.|Hello, {name}.|Hello, {name}, nice to meet you.|Thank you, {name}.) (||What can I do for you?|How can I help you?|How are you today?)")


def introduction(d):
    """What the agent says about itself."""
    if not d.named:
        return d.rng.choice(["I am Parley, a small voice model.", "I am the small built-in voice model of Parley."])
    name = strong(title(d.persona))
    if d.role:
        return f"I am {name}, {d.role}."
    return d.rng.choice([f"I am {name}, a small voice assistant.", f"My name is {name}."])


def ask_name(d):
    """The caller asks for its own name, told or not."""
    name = d.memory.get("name")
    chance = d.rng.random()
    if chance < 0.4:
        d.caller(f"{_LINK} ({_NAME_ASK})")
    elif chance < 0.65:
        d.caller(f"{_LINK} ({_NAME_ASK_FREE})")
    else:
        d.caller(f"{_LINK} {_INDIRECT} ({_NAME_CLAUSE}) {_TAIL}?")
    if name:
        said = d.last()
        yes = "Yes, your" if any(word in said for word in ("do you", "did you", "can you", "you know", "have i", "did i")) and d.rng.random() < 0.4 else "Your"
        name = strong(title(name))
        d.agent(f"({yes} name is {name}.|{yes} name is {name}.|{yes} name is {name}.|You are {name}.)")
    else:
        d.agent("You have not told me your name yet. (|What is your name?|What is your name?)")
        if "What is" in d.messages[-1][1] and d.rng.random() < 0.35:
            tell_name(d, answer=True)


def correct_name(d):
    """The name was heard wrong; the caller says it again."""
    if "name" not in d.memory:
        tell_name(d)
    old, new = d.memory["name"], person_name(d.rng)
    if new == old:
        return
    d.memory["name"] = new
    d.caller("(no my name is|no, i'm|no it's|sorry my name is|no, i said|that's wrong, my name is|that is not right, i'm|no no my name is|actually my name is|actually it's|wait, my name is|i mean|not {old} but|you got it wrong i'm|i'm not {old} i'm|that's not my name i am called|no no no|my name is not {old} it is|wrong it's|you misheard me my name is) {name} (|||not {old})", name=new, old=old)
    name = strong(title(new))
    d.agent(f"(Sorry about that, {name}.|Sorry, {name}. Now I have it right.|Okay, {name}. Thank you for the correction.)")


# ---------------------------------------------------------------- facts

def tell_fact(d, key=None):
    """The caller tells one fact, best one that was not told yet."""
    fresh = [kind for kind in FACTS if kind not in d.memory] or ["colour"]
    if key is None and d.rng.random() < 0.45:
        key = d.rng.choice([kind for kind in fresh if kind in _NUMBERS] or fresh)
    key = key or d.rng.choice(fresh)
    fact = FACTS[key]
    value = d.memory[key] = _new_value(d, key)
    tell = fact.tell if d.rng.random() < 0.6 else f"({fact.tell_free})"
    slot = key if key in ("city", "month") else "v"
    d.caller(f"{_BEFORE} {tell.replace('{v}', '{' + slot + '}')} {_AFTER}", v=value, city=value, month=value)
    _fill(d, f"({fact.noted})", key, value)


def _ask(d, key):
    fact = FACTS[key]
    chance = d.rng.random()
    if chance < 0.38:
        d.caller(f"{_LINK} {fact.ask}")
    elif chance < 0.65:
        d.caller(f"{_LINK} ({fact.ask_free})")
    else:
        d.caller(f"{_LINK} {_INDIRECT} {fact.clause} {_TAIL}?")


def ask_fact(d, key=None):
    """The caller asks for a fact that it told."""
    told = [kind for kind in d.memory if kind in FACTS]
    key = key or (d.rng.choice(told) if told else None)
    if key == "name" or key is None:
        return ask_name(d)
    if key.startswith("called "):
        return ask_called(d, key)
    _ask(d, key)
    _fill(d, FACTS[key].answer, key, d.memory[key])


def ask_untold(d):
    """The caller asks for a fact that it never told."""
    unknown = [kind for kind in FACTS if kind not in d.memory]
    chance = d.rng.random()
    if "name" not in d.memory and chance < 0.3:
        return ask_name(d)
    if chance < 0.5:
        return ask_called(d)
    if unknown:
        key = d.rng.choice(unknown)
        _ask(d, key)
        d.agent(FACTS[key].unknown)


def correct_fact(d):
    """A fact is corrected; the new value counts."""
    key = d.rng.choice(["colour", "city", "food", "number", "age", "month", "room", "code"])
    if key not in d.memory:
        tell_fact(d, key)
    value = d.memory[key] = _new_value(d, key)
    d.caller("(no i said|no i mean|sorry, i meant|no, it's|actually it's|no that's wrong, it is|wait, i mean|i changed my mind it is|that's not right it's|no no|not that but|correction it's) {%s}" % (key if key in ("city", "month") else "v"), v=value, city=value, month=value)
    d.agent("(Sorry, {v}. Now I have it right.|Okay, {v}. Thank you for the correction.)", v=strong(_value(key, value)))


# ---------------------------------------------------------------- names of pets and people

def tell_called(d):
    """The name of a pet or of somebody."""
    name = person_name(d.rng).split(" ")[0]
    if d.rng.random() < 0.6:
        kind = d.rng.choice(PETS)
        d.caller(f"{_BEFORE} ({_PET_TELL if d.rng.random() < 0.65 else _PET_FREE})", v=kind, pet_name=name)
        d.agent("({name} is a nice name for a {kind}.|Say hello to {name} from me.|A {kind} called {name}, how nice!)", kind=kind, name=strong(title(name)))
    else:
        kind = d.rng.choice(_FRIEND_KINDS.split("|"))
        d.caller(f"{_BEFORE} ({_FRIEND_TELL if d.rng.random() < 0.65 else _FRIEND_FREE})", v=kind, friend=name)
        d.agent("({name} is a nice name.|Say hello to {name} from me.|Your {kind} is called {name}, I will remember that.)", kind=kind, name=strong(title(name)))
    d.memory["called " + kind] = name


def ask_called(d, key=None):
    """What a pet or a person is called, told or not."""
    kinds = PETS + _FRIEND_KINDS.split("|")
    kind = key[len("called "):] if key else d.rng.choice(kinds)
    ask = _PET_ASK if kind in PETS else _FRIEND_ASK
    clause = _PET_CLAUSE
    d.caller(f"{_LINK} ({ask})" if d.rng.random() < 0.65 else f"{_LINK} {_INDIRECT} ({clause}) {_TAIL}?", v=kind)
    name = d.memory.get("called " + kind)
    if name:
        d.agent("Your {kind} is called {name}.", kind=kind, name=strong(title(name)))
    else:
        d.agent("You have not told me the name of your {kind} yet.", kind=kind)


# ---------------------------------------------------------------- two at once

_TWO = ["colour", "city", "food", "number", "age", "room", "code", "job"]


def tell_two(d):
    """The name and a fact in one breath."""
    name = d.memory["name"] = person_name(d.rng)
    key = d.rng.choice(_TWO)
    value = d.memory[key] = _new_value(d, key)
    d.caller(f"(my name is|i'm|i am|hi i'm|hello, my name is|this is|they call me|you can call me) {{name}} (and|and|) {FACTS[key].tell}", name=name, v=value, city=value, month=value)
    name, value = strong(title(name)), _value(key, value)
    d.agent(f"(Nice to meet you, {name}.|Hello, {name}.) ({FACTS[key].noted})", v=strong(value), V=strong(capital(value)), a=strong(_article(value)), n="")


def ask_two(d):
    """The name and a fact asked in one question."""
    keys = [key for key in _TWO if key in d.memory]
    if "name" not in d.memory or not keys:
        return tell_two(d)
    key = d.rng.choice(keys)
    d.caller(f"(what is my name and|do you remember my name and|tell me my name and|what's my name and|do you know my name and|who am i and what is) {FACTS[key].clause}?")
    answer = FACTS[key].answer
    _fill(d, f"Your name is {strong(title(d.memory['name']))} and {answer[0].lower() + answer[1:]}", key, d.memory[key])


def what_is_known(d):
    """The caller asks for all that is remembered."""
    d.caller("(what do you know about me?|tell me what you know about me|what do you remember about me?|what have i told you?|what have i told you about me?|tell me something about me|what did i tell you so far?)")
    key = next((kind for kind in reversed(list(d.memory)) if kind in _TWO), None)
    name = d.memory.get("name")
    if name and key:
        answer = FACTS[key].answer
        _fill(d, f"Your name is {strong(title(name))} and {answer[0].lower() + answer[1:]}", key, d.memory[key])
    elif name:
        d.agent(f"Your name is {strong(title(name))}.")
    elif key:
        _fill(d, FACTS[key].answer, key, d.memory[key])
    else:
        d.agent("You have not told me much about you yet. What is your name?")


def recall(d):
    """Asks for something that was told, whichever."""
    keys = [key for key in d.memory if key == "name" or key in FACTS or key.startswith("called ")]
    if keys:
        ask_fact(d, d.rng.choice(keys))
    else:
        ask_untold(d)
