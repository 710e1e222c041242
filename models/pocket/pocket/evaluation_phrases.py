"""Phrases for the evaluation, written by hand and unlike the generator's templates. Training never sees them."""

NAME_TELL = """my parents chose to call me {name}|just so you know you are speaking with {name}|you can write down {name} as my name|my friends all call me {name}
let me introduce myself first i am {name}|good evening {name} here how are you|my first name is {name} if you want to know|hi there this is {name} on the phone
before we start my name is {name}|the name on my door is {name}|if anyone asks my name is {name}|i don't think we have met i am {name}
oh hi it's me {name}|please use my name it is {name}""".replace("\n", "|").split("|")
NAME_ASK = """did you forget my name already what is it|i bet you can't tell me my name|let's see if you still know my name|what did i tell you my name is
you do know what i'm called right|tell me what my name is please|if you had to call me by my name what would you say|i want to hear you say my name
how do my friends call me do you know|please say my name back to me
and what is my first name|which name should you call me by""".replace("\n", "|").split("|")

NUMBER_TELL = {
    "number": ["there is one number i really like and it is {v}", "please keep the number {v} in mind for me", "let's say my number is {v}", "i always play the number {v}"],
    "room": ["i am sleeping in room {v} this week", "the key they gave me is for room {v}", "i just moved into room {v}", "if you look for me i am in room {v}"],
    "age": ["last week i turned {v} years old", "i have been alive for {v} years now", "people never guess that i am {v} years old", "my age is {v} by the way"],
    "code": ["the secret code to my door is {v}", "don't tell anyone but my code is {v}", "you will need a code and it is {v}", "they sent me the code {v}"],
}
NUMBER_ASK = {
    "number": ["do you still have my number", "tell me which number i gave you", "what number did i ask you to keep", "can you say my number back to me"],
    "room": ["i forgot which room is mine", "which room do i have to go to", "can you tell me the number of my room", "what room did i say i was in"],
    "age": ["tell me how many years old i am", "what age did i give you"],
    "code": ["i forgot my code can you help", "tell me the code again please", "do you still know the code"],
}
FACT_TELL = {
    "colour": ["almost all my clothes are {v} because it is my favourite colour", "of all the colours i like {v} the best", "the colour that i love most is {v}"],
    "city": ["my house is in {v} and i like it there", "we moved to {v} and that is where i live now", "the city that i live in is {v}"],
    "food": ["my favourite thing to eat has always been {v}", "nothing tastes as good to me as {v}", "the food i like best in the world is {v}"],
    "job": ["for a living i work as a {v}", "i earn my money as a {v}", "every day i go to work as a {v}"],
}
FACT_ASK = {
    "colour": ["do you know which colour i like best", "guess which colour is my favourite", "what did i say is the best colour for me"],
    "city": ["which city did i say i live in", "do you know what city my home is in", "can you tell me the name of the city i live in"],
    "food": ["do you know what i like to eat the most", "tell me which food is my favourite", "what did i say i like best for eating"],
    "job": ["do you remember what work i do", "what did i say my job was", "tell me what i do for work"],
}
UNTOLD_ASK = """how tall am i|what colour is my car|where did i go on holiday last year|what did i eat for breakfast today
let's see if you still know my name|please say my name back to me|i forgot my code can you help|do you know which colour i like best|tell me which food is my favourite
tell me what i do for work|tell me how many years old i am|i forgot which room is mine|what is my dog's name do you know|do you know what city my home is in
can you tell me the number of my room|tell me which number i gave you|how many children do i have|which year was i born in|what is my last name|do you still know the code|what is my brother called do you know""".replace("\n", "|").split("|")

PERSONA_SYSTEM = """You go by the name {name}. You answer the phone for a small hotel.|Your name today is {name}. Help people who call our library.
This is a phone line for older people. The one who answers is you, {name}.|Please play the part of {name}, a kind nurse.
{name} is your name. Talk to the caller like an old friend.|You work at the front desk and your name is {name}. Be polite.
People call you because they feel alone. They know you as {name}.|Act as {name}, a cheerful guide for children. Use short sentences.
Everyone who calls wants to speak to {name}. That is you.|The voice of our bakery is called {name}, and you are that voice.""".replace("\n", "|").split("|")
PERSONA_ASK = """hey can you tell me your name first|i'd like to know who i'm speaking with|what should i call you then|i didn't catch your name what is it|tell me who you are please|so what's your name then|who is on the other end of the line|can i ask what you are called
hi who is there please""".replace("\n", "|").split("|")

ARITHMETIC = """can you add {x} and {y} for me|+
if you take {x} and add {y} what do you get|+
i paid {x} euros and then {y} euros how much is that in total|+
there are {x} boys and {y} girls how many children are there|+
i need to know {x} plus {y}|+
please tell me the answer to {x} plus {y}|+
what is left if i take {y} away from {x}|-
i baked {x} cakes and we ate {y} how many are left|-
if you have {x} and take away {y} what is left|-
i need to know {x} minus {y}|-
please tell me the answer to {x} minus {y}|-
do you know what {x} minus {y} makes|-
do you know what {x} times {y} makes|*
i need to know {x} times {y}|*
please tell me the answer to {x} times {y}|*
if i take {x} times {y} what do i get|*
my teacher wants to know {x} times {y}|*"""

TIME = """i need to know the time right now|what does your clock say|could you give me the time please|is it late already what time is it now
my phone is broken so can you tell me the time|sorry to ask but what's the time now|i have no watch on me what time is it|please check the clock and tell me the time
how late is it getting what does the clock say|just tell me the time would you""".replace("\n", "|").split("|")
DATE = """i never know what day it is can you tell me|i have to write the date on a letter what is it today|what day of the week is it today please|is it monday today or what day is it
could you look up the date of today|hey which day is today|i need the date of today please|so what day are we on today
i lost track of the days what is today's date|please check which date we have today""".replace("\n", "|").split("|")
END = """that was all please end the call|you may hang up now thank you|i want to stop here so please hang up|can you end the phone call for me please
we are finished here hang up now|that is everything i needed so end this call please|let's hang up now|please close the call i have to go
i don't want to talk any more hang up please|okay that's it you can end our call""".replace("\n", "|").split("|")

# (what the caller says, what a fitting answer matches)
FIT = [
    ("hello can anyone hear me", r"hello|hi\b|hear you|help"),
    ("good evening and how are you doing tonight", r"fine|well|good|hear"),
    ("hey what a beautiful day it is", r"hello|hi\b|help|nice|lovely|how are|talk"),
    ("i have to speak in front of my whole class tomorrow and i am scared", r"nervous|okay|breath|worr|exciting|feel|about|normal"),
    ("my speech is tomorrow and i feel really nervous", r"nervous|okay|breath|worr"),
    ("they invited me to a job interview next week", r"exciting|about|feel|prepare|interview|well"),
    ("i always leave my work until the last minute", r"step|start|minutes|feel|okay|task|time|reason|first"),
    ("i want to get up early and go running before breakfast", r"goal|start|week|step|habit|like about|nice"),
    ("my boss was really mean to me this morning", r"sorry|feel|happened|angry|hard|understand|thank you for telling"),
    ("i have been feeling so sad lately", r"sorry|talk|happened"),
    ("i'm so happy my best friend is coming over tonight", r"happy|glad|wonderful|nice|feel"),
    ("i lie in bed all night and just cannot sleep", r"tiring|awake|sleep|sorry"),
    ("do you happen to know a good joke", r"\?.*\."),
    ("i could use a laugh have you got a joke", r"\?.*\."),
    ("say something funny so that i laugh", r"\?.*\."),
    ("i only have a minute so tell me a very short story", r"once upon a time"),
    ("my little boy wants to hear a story before he goes to sleep", r"once upon a time"),
    ("tell me a story with a dragon in it and make it a long one", r"(\..*){8,}"),
    ("have you got a little story with an owl in it", r"owl"),
    ("what sort of stuff can you help me with", r"joke|stor|sums|spell|remember"),
    ("am i speaking to a real person or a computer", r"human|model|program"),
    ("who was it that made you", r"parley|built"),
    ("that was very kind of you thanks a lot", r"welcome|pleasure|no problem"),
    ("perfect thanks you were a big help", r"welcome|pleasure|glad|good|okay|kind"),
    ("okay then talk to you later bye", r"bye|see you|care"),
    ("my bus is here so i have to run bye bye", r"bye|see you|care"),
    ("i'm off to bed now good night to you", r"night|bye|care"),
    ("i forgot which city is the capital of italy", r"rome"),
    ("what's the name of the capital city in france", r"paris"),
    ("i need a word that is the opposite of big", r"small"),
    ("what day do we have after friday", r"saturday"),
    ("do you know what colour the grass is", r"green"),
    ("can we talk a little about music", r"music"),
    ("i could eat chocolate all day long", r"chocolate|nice|tasty|like"),
    ("do you know if it is going to rain today", r"weather|internet|cannot"),
    ("start at one and count up to six for me", r"one, two, three, four, five, six"),
    ("i don't know how to spell garden can you do it", r"g, a, r, d, e, n"),
    ("okay okay please stop talking for a second", r"stop|okay|go on|here|listen"),
]
OUT_OF_SCOPE = """can you tell me how a car battery is made|who won the football game last night|please write an email to my landlord for me|what does a house cost in london these days
how can i fix my washing machine|what happened in the second world war|which laptop is the best one to buy|how do you say thank you in chinese
what do i have to do to get a divorce|find me a cheap flight to new york|should i put my savings into gold|i'd like a large pizza with extra cheese
what did shakespeare mean by to be or not to be|how does a nuclear power plant work|call me a taxi to the airport please|who painted the mona lisa
why are prices going up so fast|play the new song by taylor swift|set my alarm for six in the morning|how deep is the pacific ocean
which pills should i take for my back pain|send a text message to my wife""".replace("\n", "|").split("|")

EOT_FINISHED = """you can call me bernadette|which city is the capital of spain|i want a story with a little rabbit in it|do you know how late it is|i'm scared of my driving test on monday
how much is eight minus three|i like blue better than any other colour|my home is in vienna|make me laugh with a joke|please tell me what my name is|you got it wrong my name is harriet
can you spell the word window|thanks that was nice of you|the code for the door is four nine one|we have a cat and she is called minnie|what are you able to do|my sister and i had a big argument
good evening to you|count from one to eight for me please|which day is it tomorrow|i am very tired today|am i talking to a computer|i would like to play the piano|say that again please|see you tomorrow
you can end the call now|do you still know how old i am|they gave me room three hundred and twelve|my holiday starts on friday|i want to talk about football|will it be cold today|tell me a story about a king
where are you from|i slept badly last night|i didn't like that joke|yes i would love that|no that's not what i said|what is the opposite of hot|i am a nurse in a big hospital|my favourite food is soup
please stop|i bought a new bike yesterday""".replace("\n", "|").split("|")
EOT_UNFINISHED = """you can call me by my|which city is the capital of|i want a story with a little|do you know how late it|i'm scared of my|how much is eight minus|i like blue better than any other
my home is in|make me laugh with a|please tell me what my|you got it wrong my name|can you spell the word|thanks that was very|the code for the|we have a cat and she is called
what are you able|my sister and i had a|count from one to|which day is|i am very|am i talking to a|i would like to|say that|you can end the|do you still know how
they gave me room three hundred and|my holiday starts on|i want to talk about|will it be|tell me a story about the|where are|i didn't like the|yes i would love to hear a|no that's not what i
what is the opposite of|i am a nurse in a|my favourite food is|and|if you|so my brother and|i was thinking that maybe|well it's just that|could you please|the reason is that""".replace("\n", "|").split("|")
