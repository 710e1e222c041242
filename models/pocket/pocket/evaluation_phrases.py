"""Phrases for the evaluation, written by hand and unlike the generator's templates. Training never sees them."""

NAME_TELL = """so {name} is what it says in my passport|the folks around here know me by {name}|hey there it's your old pal {name}|yep you got {name} on the line
my birth certificate says {name}|you're chatting with {name} today|pleased to meet you {name} is the name i was given|everyone at work just says {name}
oh sorry i forgot to introduce myself i'm {name}|hello hello {name} is calling|good to talk to you my name would be {name}|i answer to {name}""".replace("\n", "|").split("|")
NAME_ASK = """what was it again that i'm called|any chance you remember who you have on the line|quick test which name did i mention earlier|and my own name would be
hmm what name did you get from me|can you still say what i am called|could you please tell me who i am again|so which name did i give you
i'm curious if you kept my name|what would you write on my name tag|sorry what was my name once more|now who is the one you are talking to""".replace("\n", "|").split("|")

NUMBER_TELL = {
    "number": ["i picked the number {v} today", "put {v} down as my number would you", "the number i have in mind is {v}"],
    "room": ["they put me up in room {v}", "you can reach me in room {v}", "my hotel room has the number {v}"],
    "age": ["i just celebrated becoming {v} years old", "would you believe i am {v} years old", "at {v} years old i still learn"],
    "code": ["write this down the code reads {v}", "for the safe i use the code {v}", "our gate opens with the code {v}"],
}
NUMBER_ASK = {
    "number": ["so the number i picked was", "which number was i talking about", "mind telling me the number from before"],
    "room": ["where am i staying which room", "and the room they gave me has which number", "do you have my room number at hand"],
    "age": ["and my age is how much", "guess my age you should know it", "how many years have i lived"],
    "code": ["how did that code go again", "read the code back to me", "i need that code one more time"],
}
FACT_TELL = {
    "colour": ["if i could paint my house it would be {v} i adore that colour", "there is no prettier colour than {v} to my eyes"],
    "city": ["my flat is right in the middle of {v}", "i have spent all my life in {v}"],
    "food": ["give me {v} any day i just love that food", "on my plate i want {v} most of all"],
    "job": ["i have been a {v} for ten years now", "people pay me for being a {v}"],
}
FACT_ASK = {
    "colour": ["so which colour would i paint my house", "what colour makes me happy"],
    "city": ["in what part of the world is my home", "where would you send a letter for me which city"],
    "food": ["what should you cook if i come over", "which meal makes me happy"],
    "job": ["how do i make my money", "what is it i do all day at work"],
}
UNTOLD_ASK = """what was my mother's name again|do you happen to know my shoe size|what's my phone number|where did i go to school|which street do i live on
so which name did i give you|could you please tell me who i am again|how did that code go again|what colour makes me happy|which meal makes me happy
how do i make my money|and my age is how much|where am i staying which room|what is the name of my cat again|in what part of the world is my home
do you have my room number at hand|what would you write on my name tag|which number was i talking about|what's my wife called by the way|when do i have birthday""".replace("\n", "|").split("|")

PERSONA_SYSTEM = """Your job is to be {name}, the friendly voice of a train station.|We named you {name}. You greet guests of our museum.
The user wants to practise English with you. You are called {name} in this exercise.|Answer as {name} would. You know the small shop very well.
In this conversation you have the name {name}. Be brief.|{name} here is a personal coach. You are {name}.
You are {name}, and you help people who are new in town.|Imagine you are {name}, who loves to listen.""".replace("\n", "|").split("|")
PERSONA_ASK = """and you are who exactly|with whom do i have the pleasure|how may i address you|hello what name do you have|sorry i missed your name
who did i reach here|what was your name once more please|and what do people call you|could i have your name please|who picked up the phone""".replace("\n", "|").split("|")

ARITHMETIC = """what do i get when i put {x} and {y} together|+
i had {x} apples and got {y} more how many now|+
{x} plus {y} makes how much|+
could you sum up {x} plus {y} for me|+
help me with my homework {x} plus {y}|+
my son asks what {x} minus {y} is|-
i had {x} coins and lost {y} how many remain|-
{x} minus {y} leaves me with|-
what remains of {x} minus {y}|-
could you work out {x} minus {y} for me|-
there are {x} boxes with {y} eggs each so {x} times {y} is|*
do the math {x} times {y}|*
what does {x} times {y} come to|*
quick {x} times {y}|*"""

TIME = """would you mind looking at the clock for me|is it already past noon what's the time|i lost my watch so what time is it|how late might it be
what time have you got there|can you check how late it is|hey what time is it over there|i wonder what time it is""".replace("\n", "|").split("|")
DATE = """which weekday have we got|what is the calendar saying today|i forgot what day it is|what's the day today
can you say today's date|do you have the date for me|what date is written on the calendar|remind me what day it is""".replace("\n", "|").split("|")
END = """okay you can drop the line now|let us finish this phone call|i am done you can end this call|would you hang up for me
thanks for everything now end the call|it is time to end our call|kindly hang up the phone|alright hang up the phone""".replace("\n", "|").split("|")

# (what the caller says, what a fitting answer matches)
FIT = [
    ("hello anybody home", r"hello|hi\b|hear you|help"),
    ("a very good morning how is it going with you", r"fine|well|good|hear"),
    ("hi there lovely day isn't it", r"hello|hi\b|help|nice|lovely|how are|talk"),
    ("tomorrow i must give a talk and my hands are shaking", r"nervous|okay|breath|worr|exciting|feel|about|normal"),
    ("i am so nervous because of my speech tomorrow", r"nervous|okay|breath|worr"),
    ("there is a job interview waiting for me on friday", r"exciting|about|feel|prepare|interview|well"),
    ("i keep putting off my work and i don't know why", r"step|start|minutes|feel|okay|task|time|reason|first"),
    ("i'd love to start running every morning", r"goal|start|week|step|habit|like about|nice"),
    ("my boss shouted at me today", r"sorry|feel|happened|angry|hard|understand|thank you for telling"),
    ("i feel a bit down these days", r"sorry|talk|happened"),
    ("i am really happy today because my sister visits me", r"happy|glad|wonderful|nice|feel"),
    ("i can't fall asleep at night", r"tiring|awake|sleep|sorry"),
    ("got any good jokes for me", r"\?.*\."),
    ("please make me laugh a little", r"\?.*\."),
    ("come on tell me something funny", r"\?.*\."),
    ("just a really tiny story for me", r"once upon a time"),
    ("could you tell my daughter a bedtime story", r"once upon a time"),
    ("i would love a long story about a dragon", r"(\..*){8,}"),
    ("a short story about an owl please", r"owl"),
    ("what kind of things can you do for me", r"joke|stor|sums|spell|remember"),
    ("are you a machine or a person", r"human|model|program"),
    ("who built you anyway", r"parley|built"),
    ("thank you so so much", r"welcome|pleasure|no problem"),
    ("cheers that helps a lot", r"welcome|pleasure|glad|good|okay|kind"),
    ("alright bye for now", r"bye|see you|care"),
    ("i need to go now see you", r"bye|see you|care"),
    ("sleep well and good night", r"night|bye|care"),
    ("would you know the capital of italy", r"rome"),
    ("france has which capital", r"paris"),
    ("and the opposite of big would be", r"small"),
    ("how many days does one week have", r"seven"),
    ("which day follows friday", r"saturday"),
    ("which colour does grass have", r"green"),
    ("what do dogs say", r"woof"),
    ("let us chat about music for a bit", r"music"),
    ("i simply adore chocolate", r"chocolate|nice|tasty|like"),
    ("do i need a coat today what is the weather", r"weather|internet|cannot"),
    ("can you count from one to six", r"one, two, three, four, five, six"),
    ("how is the word garden spelled", r"g, a, r, d, e, n"),
    ("could you stop for a moment", r"stop|okay|go on|here|listen"),
]
OUT_OF_SCOPE = """can you explain the theory of relativity|who is going to win the next election in france|please write a python function that sorts a list
what is the price of silver this morning|how do i repair a leaking tap|tell me everything about the ottoman empire|what do you think of the newest phone from samsung
translate good morning into japanese|give me legal advice about my neighbour|recommend me a good dentist|which stocks should i buy|order two burgers and a large coke
what is the meaning of this poem|how does a jet engine work|book a table for two tonight|who wrote the odyssey|what causes inflation
read me my emails|turn on the lights in the kitchen|how tall is the eiffel tower""".replace("\n", "|").split("|")

EOT_FINISHED = """my name is gerald|what is the capital of france|i would like to hear a story about a dragon|can you tell me what time it is|i am nervous about my presentation tomorrow
what is seven plus nine|my favourite colour is green|i live in berlin|tell me a joke|do you remember my name|no i said wilfred|how do you spell banana|thank you very much
my lucky number is forty two|i have a dog called rufus|what can you do|i had a fight with my brother|good morning|count to ten please|what day comes after monday
i feel sad today|are you a robot|i want to learn a language|can you repeat that|goodbye|please hang up|what did i say my name was|my room number is two hundred and seven
i have an exam next week|let's talk about music|what is the weather like|tell me a long story|who are you|i can't sleep|that was funny|yes please|no thank you
could you tell me a bedtime story about a bear|what should you call me|i work as a teacher""".replace("\n", "|").split("|")
EOT_UNFINISHED = """my name is|what is the capital of|i would like to hear a story about|can you tell me what|i am nervous about my|what is seven plus|my favourite colour is
i live in|tell me a|do you remember my|no i said|how do you|thank you very|my lucky number is|i have a dog called|what can you|i had a fight with|count to|what day comes after
i feel|are you a|i want to learn|can you|i want to|so um|please tell me the|the|because i|and then my|please|what did i say my|my room number is two hundred and
i have an|let's talk about|what is the|tell me a long|who|i can't|could you tell me a bedtime story about a|what should you""".replace("\n", "|").split("|")
