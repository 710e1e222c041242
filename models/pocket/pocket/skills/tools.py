"""Time and date, and ending the call: through tools where the system prompt names them, honestly without."""
from ..words import DAYS, MONTHS, capital

_TIME = "(what time is it?|what time is it?|what's the time?|can you tell me the time?|do you know what time it is?|how late is it?|tell me the time|what is the time now?|the time please|could you tell me the time?|what time do we have?|do you have the time?|what time is it now?|please tell me what time it is|i need to know the time|check the time please|what does the clock say?|is it late already?|how late is it now?|have you got the time?|what's the current time?|give me the time|(could you|can you|please|just) (look at|check|read) (the|your|a) (clock|watch) (please|)|(my|the) (watch|clock|phone) (is broken|stopped|is at home|is dead) (what time is it?|so how late is it?|tell me the time please)|(i have no|without a) (watch|clock) (what time is it?|how late is it?)|(i want to know|i'd like to know|let me know|say) (how late it is|what time it is|the time)|(how late|what time) (do we have|is it) (right now|at your place|already|at the moment|exactly)?|(excuse me|sorry|quickly) (the time|what time is it|how late is it)?)"
_DATE = "(what day is it today?|what is the date?|what's the date today?|which day is it?|what is today's date?|what's today's date?|what day is today?|tell me the date|which date is it?|the date please|what day do we have today?|is it monday today?|what day of the week is it?|can you tell me the date?|do you know what day it is?|which day of the week is today?|what date do we have?|today is which day?|(which|what) (weekday|day of the week|day of the month|date|day) (is it today|do we have|is today|is it now|does your calendar show)?|(i want to know|i don't know|i have no idea|i'd like to know|let me know|say) (which day it is|what day it is|what the date is|the date of today)|(could you|can you|please|just) (look at|check|read|open) (the|your|my) calendar (please|for today|)|(is it|do we have|is today) (monday|tuesday|wednesday|thursday|friday|saturday|sunday) (today|already|)?|(remind me|help me) (of the date|which date we have))"
_END = "(hang up|please hang up|end the call|please end the call|you can hang up now|end this call please|let's end the call|stop the call|hang up please|can you end the call?|goodbye, please hang up|bye, you can hang up|could you hang up?|i want to end the call|i would like to end this call|let us end this call|please stop the call|disconnect please|disconnect the call|finish the call|hang up now|that's all please hang up|end this conversation|close the call|put down the phone|cut the call please|i want to hang up|terminate the call|you may hang up|we are done please hang up|(let's|we should|we can|time to|i'd like to|now) (end|finish|stop|close|cut|quit) (the|this|our) (call|phone call|conversation|line|talk) (now|here|please|)|(could you|will you|you can|you may|you should|please) (end|finish|stop|close|cut|hang up|disconnect) (the|this|our) (call|phone call|phone|line|conversation) (now|please|)|(thanks|thank you|okay|great|that's it|we are finished|i'm finished) (now|so|then|) (hang up|end the call|finish the call|close the line|end this) (please|now|)|put the phone down (please|now|)|(that was all|that is all) (hang up|end the call|you can end it now))"


def _clock(d):
    return f"{d.rng.randint(0, 23):02d}:{d.rng.randint(0, 59):02d}"


def _today(d):
    return f"{capital(d.rng.choice(DAYS))}, {capital(d.rng.choice(MONTHS))} {d.rng.randint(1, 31)}"


def _result(d, time, date):
    chance = d.rng.random()
    if chance < 0.8:
        return {"time": time, "date": date}
    if chance < 0.9:
        return {"date": date, "time": time}
    return '{"time":"%s","date":"%s"}' % (time, date)


def time(d):
    """The caller asks for the time."""
    d.caller(_TIME)
    if not d.tools:
        d.agent("I am sorry, I do not have a clock.")
        return
    now = _clock(d)
    d.call_tool("get_time", _result(d, now, _today(d)))
    d.agent(f"It is {now}.")


def date(d):
    """The caller asks for the day or the date."""
    d.caller(_DATE)
    if not d.tools:
        d.agent("I am sorry, I do not have a calendar.")
        return
    today = _today(d)
    d.call_tool("get_time", _result(d, _clock(d), today))
    d.agent(f"Today is {today}.")


def end_call(d):
    """The caller wants the call to end."""
    d.caller(_END)
    if not d.tools:
        d.agent("I cannot hang up myself, but you can end the call at any time. Goodbye!")
        return
    d.call_tool("end_call", d.rng.choice(['{"ok": true}', '{"ok": true}', '{"ok":true}', '"ok"', '{"ended": true}', '{}', 'null', '""', '{"result": "ok"}']))
    d.agent("(Goodbye{n}!|Goodbye{n}, have a nice day!|Bye{n}, take care!)", n=d.comma_name(0.4))
