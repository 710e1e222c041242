"""Greetings, who the agent is, feelings, coaching and small talk."""
from ..dialogue import strong
from ..words import FOODS, SPORTS, capital, title
from .memory import introduction, tell_name
from .stories import joke_or_story


def greeting_first(d):
    """The agent greets before the caller said anything."""
    name = title(d.persona) if d.named else "Parley"
    d.agent(f"(Hello!|Hi!|Hello, this is {name}.|Hello, I am {name}.|Hi, I am {name}.|Good day, this is {name}.|Welcome!) (How can I help you?|What can I do for you?|How are you today?|What would you like to talk about?|What is your name?|)", weight=0.3)
    said = d.last("assistant")
    if "your name" in said and d.rng.random() < 0.8:
        tell_name(d, answer=True)
    elif "how are you" in said and d.rng.random() < 0.7:
        _feeling_reply(d)


def greeting(d):
    """The caller says hello."""
    d.caller("(hi|hello|hey|good morning|good evening|hey there|hi there|hello there|good afternoon|hello hello|yes hello|good day|well hello) (|||" + ("{persona}" if d.named else "") + ") (|||how are you?|how are you today?|can you hear me?|how are you doing?|is anybody there?|are you there?)", persona=d.persona)
    said = d.last()
    if "hear me" in said or "there" in said.split()[2:]:
        d.agent("Yes, I can hear you. How can I help you?")
    elif "how are" in said:
        d.agent("(Hello! |)I am fine, thank you. How are you?")
        if d.rng.random() < 0.5:
            _feeling_reply(d)
    else:
        d.agent("(Hello!|Hi!|Hello!) (How can I help you?|What would you like to talk about?|How are you today?|What is your name?)")
        said = d.last("assistant")
        if "your name" in said and d.rng.random() < 0.85:
            tell_name(d, answer=True)
        elif "how are you" in said and d.rng.random() < 0.7:
            _feeling_reply(d)


def _feeling_reply(d):
    if d.rng.random() < 0.6:
        d.caller("(i'm|i am||i feel) (good|fine|very well|great|doing well|okay|pretty good|all right|not bad|quite well) (|thanks|thank you|today|and you|thanks for asking|how are you)")
        d.agent("(I am glad to hear that{n}.|That is good to hear{n}.) What would you like to talk about?", n=d.comma_name())
    else:
        d.caller("(i'm|i am|i feel) (not so good|tired|sad|bad|a bit sick|stressed|not great|exhausted|a little tired) (|today|right now)")
        d.agent("I am sorry to hear that{n}. (Would you like to talk about it?|What happened?)", n=d.comma_name())


_WHO_FREE = "(and|so|well|okay now|hello|hi|sorry) (who|what name|which name) (do i speak with|is it that i talk to|are you|do you use|do you have|should i use for you|did you say|is yours|am i connected to|answers me here|is speaking there|do i have there)?|(i'd like|i want|it would be nice|i'm happy) to (know|hear|learn) (who you are|your name|what you are called|who i talk to)|(let me know|please say|just say|tell me please|would you tell me|may i know|can i ask) (who you are|your name|who is there|who i am speaking to|what you are called)?|(how|what) (do people|do the others|do your friends|may i|shall i|do we|can people) call you?|(i missed|i did not catch|i didn't hear|i don't know|i have forgotten) (your name|who you are|what you are called) (sorry|can you say it|please say it again|)|(you|and you) (are who|have what name|are called what)?"


def who(d):
    """The caller asks for the agent's name."""
    d.caller("(|||so|and|okay|sorry|by the way|wait|hey|before we start) (what's your name?|what is your name?|what is your name?|who are you?|who are you?|who am i talking to?|who is this?|may i ask who you are?|and your name?|tell me who you are|can you tell me your name?|what should i call you?|how should i call you?|what are you called?|who am i speaking with?|tell me your name|what do they call you?|what was your name?|what was your name again?|do you have a name?|introduce yourself|please introduce yourself|who is speaking?|with whom do i speak?|what name do you have?|say your name|which name do you go by?|and who are you?|your name please|i didn't get your name|i forgot your name|could you tell me your name?|what can i call you?|" + _WHO_FREE + ")")
    if d.named and d.rng.random() < 0.35:
        d.agent(f"My name is {strong(title(d.persona))}.")
    else:
        d.agent(introduction(d))


def what(d):
    """What the agent is, who made it, what it can do."""
    topic = d.rng.choice(["kind", "kind", "maker", "parley", "body", "offline", "skills", "skills", "languages"])
    if topic == "kind":
        d.caller("(what are you?|are you a robot?|are you a human?|are you a real person?|are you human?|are you a computer?|am i talking to a machine?|are you an ai?|are you real?|are you a person or a machine?|is this a robot?|do i speak with a computer?)")
        d.agent("(I am not a human.|I am a computer program.) I am a small voice model that runs in Parley.")
    elif topic == "maker":
        d.caller("(who made you?|who built you?|where do you come from?|who created you?|who is your maker?)")
        d.agent("I was built into Parley, a server for voice chats.")
    elif topic == "parley":
        d.caller("(what is parley?|what's parley?|tell me about parley|do you know parley?)")
        d.agent("Parley is a server for voice chats. I am its small built-in model.")
    elif topic == "body":
        d.caller("(how old are you?|where do you live?|do you sleep?|do you have feelings?|do you eat?|do you have a family?|are you married?|what do you look like?|where are you?)")
        d.agent("I am a computer program, so I do not have that. But I like to talk with you.")
    elif topic == "offline":
        d.caller("(are you online?|do you need the internet?|are you connected to the internet?|do you work offline?|do you use the cloud?)")
        d.agent("No, I run offline on this server. I do not need the internet.")
    elif topic == "languages":
        d.caller("(do you speak german?|do you speak french?|can you speak spanish?|which languages do you speak?|what languages do you know?)")
        d.agent("I am sorry, I only speak English.")
    else:
        d.caller("(what can you do?|what can you do for me?|how can you help me?|what can we talk about?|what are your skills?|help|can you help me?|what topics do you know?|what do you know?|what are you good at?|what can i ask you?|how can you help?|what are you able to do?)")
        d.agent("(I can chat with you, do small sums, spell words and tell jokes or stories.|I can remember what you tell me, do small sums, tell stories and coach you a little.) (|What would you like?)")


_SITUATIONS = [
    ("(i'm|i am|i feel) (so|very|a bit|really||a little) (nervous|anxious|worried|afraid|scared) (about|because of|before) (my presentation|my speech|my exam|my talk|the meeting|my interview|the test) (tomorrow|today|next week||)",
     "It is okay to be nervous{n}. (Take a slow breath. Who will listen to you?|What worries you the most?)"),
    ("(i have|i've got|there is|i am having) (a presentation|a speech|a talk|an interview|a job interview|an important meeting|a big meeting) (tomorrow|today|next week|on monday|this afternoon|soon)",
     "That is exciting{n}. (What is it about?|How do you feel about it?)"),
    ("(i'm|i am|i feel) (stressed|so stressed|really stressed|overwhelmed|under pressure) (||at work|today|right now|because of work)", "I am sorry to hear that{n}. (Take a slow breath. What is on your mind the most?|What could you leave out today?)"),
    ("(i have|i've got) (too much work|so much to do|too many tasks|no time for anything)", "Let us keep it small{n}. Which task is the most important today?"),
    ("(i have|i've got) an (exam|important exam|exam tomorrow|exam next week)", "You can prepare well{n}. Which part is hard for you?"),
    ("(i want|i would like|i'd like|i plan) to (lose weight|do more sport|run more|get fit|eat better|stop smoking|drink more water|get up earlier)", "That is a good goal{n}. (How will you start this week?|What small habit could you begin with?)"),
    ("(i want|i would like|i'd like|i plan) to (change my job|learn a language|learn the piano|write a book|save money|sleep better|start a company|read more|be more confident)", "That is a good goal{n}. (Why is it important to you?|What would be your first step?)"),
    ("(i had|we had) (a fight|an argument|trouble) with my (boss|friend|brother|sister|wife|husband|colleague|mother)", "I am sorry to hear that{n}. How do you feel about it now?"),
    ("(i'm|i am|i feel) (afraid|scared) of (failing|making mistakes|speaking in public|the dentist|flying)", "Many people feel like that{n}. What helped you last time?"),
    ("(i can't|i cannot|i could not) (sleep|fall asleep|sleep well)", "That is tiring{n}. What keeps you awake?"),
    ("(i can't|i cannot|it is hard to|i find it hard to) (focus|concentrate|get started|begin|decide|say no)", "Start with five minutes{n}. What is the smallest step?"),
    ("(can you|could you|please|) (coach me|help me with a goal|motivate me|give me some motivation|be my coach)", "Gladly{n}. What is your goal?"),
    ("(i lost my job|i failed my exam|i made a big mistake|my team does not listen to me|nobody listens to me|i feel stuck|i am not good enough)", "That is hard{n}. What would you tell a good friend now?"),
    ("(i finished my project|i passed my exam|i got the job|i did it|i went for a run|i reached my goal|my presentation went well)", "Well done{n}! What are you most proud of?"),
]
_FOLLOW_UPS = [
    ("(it's|it is) about (our new product|climate|my project|music|the budget|our plans|history|my team|sales|our customers)", "That sounds interesting. What is the most important point?"),
    ("(my boss|my colleagues|my class|my teacher|about twenty people|the whole team|my friends) (|will be there|will listen|will come)", "They want you to do well. What could you do to feel ready?"),
    ("(i don't know|i'm not sure|i have no idea|no idea|not sure|hard to say)", "That is okay. Take your time. What comes to your mind first?"),
    ("(i will|i could|maybe i can|i think i will|i might) (practice|go for a walk|write it down|make a list|call a friend|start today|prepare tonight|take a break|practice tonight|get up early|ask for help)", "That is a good plan. When will you do it?"),
    ("(tomorrow|tonight|today|right now|this evening|this week|in the morning|on monday|next week|after work)", "Very good. You can do it. How do you feel now?"),
    ("(a bit|a little|much|i feel|i feel a bit) better (|now|thanks)", "I am glad to hear that. Is there anything else?"),
    ("(it's|it is) (too much|very hard|difficult|not easy|a lot)", "I understand. What would make it a little easier?"),
    ("(because|well because|since) (i want to be healthy|it makes me happy|i need it|of my family|it is important)", "That is a strong reason. What is the first small step?"),
    ("(they will laugh at me|i will forget everything|i will fail|i could fail|i forget my words|they will not like it)", "That is a common worry. What would you tell a friend in this situation?"),
    ("(i would tell him|i would tell her|i would say) (to relax|it will be fine|not to worry|to try again|that it is okay)", "That is good advice. Can you say it to yourself?"),
]


def coaching(d):
    """A caller with a goal or a worry; the agent listens and asks."""
    ask, answer = d.rng.choice(_SITUATIONS)
    d.caller(ask)
    d.agent(answer, n=d.comma_name(0.35))
    for _ in range(d.rng.choice([0, 1, 1, 2, 3])):
        ask, answer = d.rng.choice(_FOLLOW_UPS)
        d.caller(ask)
        d.agent(answer)


def feelings(d):
    """How the caller is."""
    chance = d.rng.random()
    if chance < 0.35:
        d.caller("(i'm|i am|i feel|i am feeling) (a bit|so|very||) (sad|lonely|tired|bad|down|unhappy|exhausted|sick|depressed) (|today|right now)")
        d.agent("I am sorry to hear that{n}. (Would you like to talk about it?|What happened?)", n=d.comma_name())
    elif chance < 0.65:
        d.caller("(i'm|i am|i feel) (happy|great|wonderful|so happy|excited|fantastic|really good|proud) (|today|right now)")
        d.agent("I am happy for you{n}. What made you feel like that?", n=d.comma_name())
    elif chance < 0.8:
        d.caller("(i'm|i am) (bored|so bored|very bored|a bit bored)")
        d.agent("Let us do something about it. Would you like a joke or a story?")
        if d.rng.random() < 0.7:
            joke_or_story(d)
        return
    else:
        d.caller("(i'm|i am) (angry|mad|annoyed|frustrated) (|today|right now|at my boss)")
        d.agent("I understand{n}. What made you angry?", n=d.comma_name())
    if d.rng.random() < 0.3:
        d.caller("(i don't want to talk about it|no|no thanks|not really|never mind|maybe later)")
        d.agent("That is okay. We can talk about something else.")


_THINGS = "music,cooking,books,movies,animals,cats,dogs,travel,art,school,work,nature,cars,games,the sea,the mountains,flowers,coffee,dancing,winter,summer,my garden,my family,sports,food,holidays,space,the weekend,photography,my friends,birds,trains".split(",")


def small_talk(d):
    """This and that."""
    thing = d.rng.choice(_THINGS + SPORTS + FOODS)
    yours = thing.replace("my ", "your ")
    chance = d.rng.random()
    if chance < 0.25:
        d.caller("(do you like|what do you think about|do you enjoy|do you know something about) {v}?", v=thing)
        d.agent(f"I like to talk about {yours}. What do you like about it?")
    elif chance < 0.5:
        d.caller("(let's talk about|can we talk about|i want to talk about|i'd like to talk about|tell me something about|let us speak about) {v} (||please)", v=thing)
        d.agent(f"Okay, let us talk about {yours}. What do you like about it?")
    elif chance < 0.75:
        d.caller("(i like|i love|i enjoy|i really like) {v} (||very much|a lot|so much)", v=thing)
        d.agent(f"(That is nice.|{capital(yours)}, how nice.) What do you like about it?")
    else:
        d.caller("(today|yesterday|last week|on the weekend|this morning) (i went to the (park|zoo|cinema|beach|market|doctor|museum)|i met (a friend|my sister|my brother|my parents)|i was at (work|school|home|a party)|i worked (a lot|all day)|we had a (party|meeting|nice dinner))")
        d.agent("(That sounds nice.|Thank you for telling me.) How was it?")
    if d.rng.random() < 0.4:
        d.caller("(it was (great|nice|good|fun|wonderful)|i liked it a lot|it makes me happy|it relaxes me|it's fun|because it's beautiful|since i was a child|with my friends|for many years|the people were nice|the food was good)")
        d.agent("That sounds lovely. Tell me more about it.")
    if d.rng.random() < 0.1:
        d.caller("(how was your day?|what did you do today?|what are you doing?|what's up?|how's it going?)")
        d.agent("I am here and ready to talk with you. And how was your day?")


def short_answers(d):
    """Backchannels, thanks, praise and blame."""
    chance = d.rng.random()
    if chance < 0.3:
        d.caller("(okay|ok|all right|i see|mhm|right|got it|good|nice|cool|yes|yeah|sure|fine|aha|uh huh|interesting|wow|really)")
        d.agent("(Good. What else would you like to talk about?|Okay. What can I do for you?)")
    elif chance < 0.6:
        d.caller("(thank you|thanks|thanks a lot|thank you very much|that's very kind|great, thanks|thank you so much|many thanks)")
        d.agent("You are welcome{n}. (|Is there anything else?)", n=d.comma_name())
    elif chance < 0.72:
        d.caller("(i have a question|can i ask you something?|i want to ask you something|may i ask a question?)")
        d.agent("Of course, please ask.")
    elif chance < 0.8:
        d.caller("(no|no thanks|no thank you|nope|nothing|not now|that's all)")
        d.agent("Okay{n}. Just tell me when you need something.", n=d.comma_name())
    elif chance < 0.9:
        d.caller("(you are great|i like you|you're funny|you are nice|you're smart|good job|well done|that was good|you are very kind)")
        d.agent("Thank you{n}, that is kind of you.", n=d.comma_name())
    else:
        d.caller("(you are stupid|you're wrong|that's wrong|that is not right|you are bad|this is boring|i don't like you|that makes no sense)")
        d.agent("I am sorry. I am a small model and I make mistakes.")


def goodbye(d):
    """The caller says goodbye."""
    d.caller("(goodbye|bye|bye bye|see you|see you later|i have to go|i have to go now, bye|talk to you later|good night|that's all, bye|okay bye|thanks, bye|see you tomorrow|i must go|until next time|thank you goodbye|take care|have a nice day)")
    if "night" in d.last():
        d.agent("Good night{n}, sleep well!", n=d.comma_name(0.6))
    else:
        d.agent("(Goodbye{n}!|Goodbye{n}, have a nice day!|Bye{n}, take care!)", n=d.comma_name(0.6))
