"""Sums, differences and small products.

The agent always says the whole sum ("Seven plus eight is fifteen."), so the result follows its operands directly; the result counts
three times in the loss. Drills put some twenty sums into one turn of the agent; there only the results count.
"""
from ..dialogue import MUTE, MUTE_END, STRONG, STRONG_END
from ..words import capital, number

_SIGNS = {"plus": "plus|plus|plus|and|added to|plus", "minus": "minus|minus|minus|take away|less|minus", "times": "times|times|times|multiplied by|times"}


# Sums in words of everyday life.
_THINGS = "(apples|coins|eggs|books|cookies|cars|balls|stamps|flowers|pens|euros|dollars|cups|friends|cards|oranges|toys)"
_STORIES = {
    "plus": f"((i have|my friend has|there are|we have|she has|he had|in the box are|i bought) {{x}} {_THINGS} and (i get|i find|buy|she buys|then come|another) {{y}} more (how many is that?|how many are there now?|how many do i have?|what is the total?|how many are that together?)|(put|take|count|throw) {{x}} and {{y}} together (what is it?|how much is it?|how many is that?|please)|(what is|tell me|give me|find|can you find) the (total|sum) of {{x}} (plus|and) {{y}}?|(to|on top of) {{x}} i add {{y}} (what comes out?|how much is it?|what do i have?)|(help me|my homework is|my teacher asks|i need help with|can you do|i can't solve|my daughter asks) {{x}} plus {{y}})",
    "minus": f"((i have|my friend has|there are|we had|she has|he had|in the box are|i bought) {{x}} {_THINGS} and (i lose|i eat|i sell|she takes|we use|i give away|he breaks|i drop) {{y}} (how many are left?|how many do i have now?|how many remain?|what is left?|how many stay?)|(from|out of) {{x}} (i take|take|we remove|remove) {{y}} (what is left?|how much is it?|what remains?|how many are left?)|(how much|what) (is left|remains|stays) (when|if|of) {{x}} (minus|less) {{y}}?|(help me|my homework is|my teacher asks|i need help with|can you do|i can't solve|my daughter asks) {{x}} minus {{y}})",
    "times": f"((i have|she buys|we need|i see) {{x}} (bags|boxes|rows|tables|rooms|baskets) (with|of) {{y}} {_THINGS} (each|) (how many are there?|how many is that?|how many in total?|what is {{x}} times {{y}}?)|{{x}} groups of {{y}} (make how many?|are how many?|is what?)|(help me|my homework is|my teacher asks|i need help with|can you do|i can't solve|my daughter asks) {{x}} times {{y}}|(what comes out of|what is the result of|how much comes out for|find|do you know) {{x}} times {{y}}?)",
}


def problem(rng):
    """(a, operation, b, result): sums and differences to 20, products to ten times ten."""
    operation = rng.choice(["plus", "plus", "plus", "minus", "minus", "minus", "times", "times"])
    if operation == "plus":
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        if a + b > 20 and rng.random() < 0.6:
            a, b = a // 2, b // 2
        return a, operation, b, a + b
    if operation == "minus":
        a = max(rng.randint(0, 20), rng.randint(0, 20))
        b = rng.randint(0, a)
        return a, operation, b, a - b
    a, b = rng.randint(0, 10), rng.randint(0, 10)
    return a, operation, b, a * b


def statement(a, operation, b, result):
    return f"{capital(number(a))} {operation} {number(b)} is{STRONG} {number(result)}{STRONG_END}."


def sums(d):
    """The caller asks for one sum or several in a row."""
    for turn in range(d.rng.choice([1, 2, 3, 4, 5, 6])):
        a, operation, b, result = problem(d.rng)
        digits = not d.spoken and d.rng.random() < 0.25
        x, y = (a, b) if digits else (number(a), number(b))
        sign = d.rng.choice(_SIGNS[operation].split("|"))
        chance = d.rng.random()
        if chance < 0.18:
            d.caller(_STORIES[operation], x=x, y=y)
        elif chance < 0.78:
            before = "(what is|what's|what is|how much is|how much does|can you tell me what is|calculate|please calculate|tell me|do you know what is|i need to know|work out|what do you get for|what makes|let's try|compute|the result of|and what is|)"
            if turn and d.rng.random() < 0.5:
                before = "(and|what about|and what is|now|how about|next|then|okay)"
            d.caller(f"{before} {{x}} {{sign}} {{y}} (|||||equal|make|please|in total)?", x=x, y=y, sign=sign)
        elif operation == "plus":
            d.caller("(add {x} and {y}|add {x} to {y}|the sum of {x} and {y}|what is the sum of {x} and {y}?|if i add {x} and {y} what do i get?|what do {x} and {y} make?|how much is {x} and {y} together?)", x=x, y=y)
        elif operation == "minus":
            d.caller("(take {y} from {x}|what is left if i take {y} from {x}?|subtract {y} from {x}|{x} take away {y}|what is the difference between {x} and {y}?|if i have {x} and give away {y} how many are left?)", x=x, y=y)
        else:
            d.caller("(multiply {x} by {y}|multiply {x} and {y}|what is {x} multiplied by {y}?|the product of {x} and {y}|how much are {x} {y} times?)", x=x, y=y)
        d.agent(statement(a, operation, b, result))


def drill(d):
    """Many sums in one turn: dense practice."""
    d.caller("(let's practice some sums|practice sums with me|show me some sums|let us do a lot of sums|say some sums|give me a lot of sums)")
    parts = []
    for _ in range(d.rng.randint(15, 30)):
        a, operation, b, result = problem(d.rng)
        gap = "\n" if parts else ""  # a line each, so that every sum begins with the same token as an answer
        parts.append(f"{MUTE}{gap}{capital(number(a))} {operation} {number(b)} is{MUTE_END}{STRONG} {number(result)}{STRONG_END}{MUTE}.{MUTE_END}")
    d.agent("".join(parts))
    d.messages[-1][3] = 0.1
