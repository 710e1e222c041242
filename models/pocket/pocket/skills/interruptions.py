"""What happens when the agent is interrupted: its last turn is cut after a word, and the caller goes on.

Also turns that were cut by mistake, things to be said again, and going on where the agent was stopped.
"""
from ..words import capital, number
from . import stories

_STOP = "(stop|stop please|wait|hold on|okay stop|that's enough|enough|please stop|shut up|stop talking|quiet please|hang on|no stop|okay okay|be quiet|stop it|one moment|wait a second|that is enough thank you|not now|stop the story)"
_GO_ON = "(go on|please go on|continue|please continue|keep going|and then?|go ahead|carry on|what happened next?|and what happened then?|you can go on|where were you?|finish it please)"


def cut_and_stop(d):
    """The agent is stopped in the middle and asks what the caller wants."""
    if d.cut_last() is None:
        return
    d.caller(_STOP)
    d.agent("Okay, I will stop. What can I do for you?")


def cut_silently(d):
    """The agent is interrupted by whatever comes next."""
    d.cut_last()


def story_go_on(d):
    """A story is interrupted and goes on after the last word that was heard."""
    hero = stories.story(d)
    text = d.messages[-1][1]
    sentences = text.split(". ")
    if len(sentences) < 4:
        return
    keep = d.rng.randint(2, len(sentences) - 2)
    heard = ". ".join(sentences[:keep]) + "."
    rest = ". ".join(sentences[keep:])
    if d.rng.random() < 0.5:
        words = (rest.split(" ") + [""])[:d.rng.randint(1, 4)]
        heard += " " + " ".join(words)
    d.messages[-1] = ["assistant", heard.strip(), 0.5, 0.0]
    chance = d.rng.random()
    if chance < 0.5:
        d.caller(_GO_ON)
        d.agent(rest)
    elif chance < 0.8:
        d.caller(_STOP)
        d.agent("Okay, I will stop. What can I do for you?")
        if d.rng.random() < 0.5:
            d.caller("(what was the story about?|who was the story about?|what were you telling me?|what was your story about?|about whom was the story?)")
            d.agent(f"The story was about {'an' if hero[0] in 'aeiou' else 'a'} {hero}.")
    else:
        d.caller("(what was the story about?|who was the story about?|wait who is it about?|what are you talking about?)")
        d.agent(f"The story is about {'an' if hero[0] in 'aeiou' else 'a'} {hero}.")


def count_go_on(d):
    """Counting is interrupted: how far did it get, and go on."""
    top = d.rng.randint(5, 15)
    stop = d.rng.randint(1, top - 2)
    d.caller("(count to|please count to|can you count to|count from one to) {v}?", v=number(top))
    heard = capital(", ".join(number(n) for n in range(1, stop + 1)))
    d.messages.append(["assistant", heard + d.rng.choice([",", "", ","]), 0.5, 0.0])
    if d.rng.random() < 0.5:
        d.caller("(wait how far did you get?|how far did you get?|stop how far are you?|what was the last number?|what was the last number you said?|which number did you say last?|where did you stop?|where are you now?|stop what was your last number?)")
        d.agent(f"The last number was {number(stop)}.")
        if d.rng.random() < 0.5:
            d.caller(_GO_ON)
            d.agent(capital(", ".join(number(n) for n in range(stop + 1, top + 1))) + ".")
    elif d.rng.random() < 0.7:
        d.caller(_GO_ON)
        d.agent(capital(", ".join(number(n) for n in range(stop + 1, top + 1))) + ".")
    else:
        d.caller(_STOP)
        d.agent("Okay, I will stop. What can I do for you?")


def say_again(d):
    """The caller did not hear the agent's last words."""
    role, text, _, _ = d.messages[-1] if d.messages else (None, "", 0, 0)
    if role != "assistant" or not 2 <= len(text.split()) <= 14 or "[[" in text or text[-1] not in ".!?":
        return
    d.caller("(what did you say?|can you repeat that?|please repeat|say that again|repeat that please|sorry what?|what was that?|pardon?|could you say that again?|i didn't hear you|i did not understand you|once more please|excuse me what did you say?|say it again|can you say that again please?|come again?|i didn't get that|sorry i didn't hear that)")
    d.agent("{text}", text=text)


def cut_by_mistake(d):
    """The end of the caller's turn was seen too early: the agent waits for the rest."""
    d.caller("(my name is|i want to|i would like to|can you|what is the|tell me about|how much is|the reason is that|i was thinking about|do you know the|please tell me|so i|and then i|well i think|it is|my favourite|i live in|remember that my|because i|could you please|do you|i am|one more|what about)", ends=False)
    d.agent("(Yes, please go on.|I am listening. Please go on.)")
