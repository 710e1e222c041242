"""What the small synthesis models sound like: a tone that swells and fades with every syllable."""

import numpy as np

from graph import FLOAT


def tone(graph, samples, rate, hz):
    """samples: tensor of one int64; hz: of one float. Returns [samples]."""
    g = graph
    end = g.op("Squeeze", samples)
    count = g.op("Range", g.op("Squeeze", g.ints(0)), end, g.op("Squeeze", g.ints(1)))
    time = g.op("Div", g.op("Cast", count, to=FLOAT), g.const(rate))
    angle = g.op("Mul", g.op("Mul", time, hz), g.const(2 * np.pi))
    # Modulo a full turn: the sine of large angles is poor in float32.
    voice = g.op("Sin", g.op("Mod", angle, g.const(2 * np.pi), fmod=1))
    swell = g.op("Add", g.op("Sin", g.op("Mul", time, g.const(2 * np.pi * 4))), g.const(1.5))
    return g.op("Mul", g.op("Mul", voice, swell), g.const(0.15))


def silent(graph, samples):
    """samples: tensor of one int64."""
    return graph.op("ConstantOfShape", samples)
