"""Which mel band a tone is in (Slaney's scale, 0 to 8 kHz)."""

import numpy as np


def mel(hz):
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def band_of(hz, bands):
    """The band whose middle is nearest."""
    return round(mel(hz) / mel(8000) * (bands + 1)) - 1
