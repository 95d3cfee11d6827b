"""Sound effects for rendered items: levels, equalisers, filters, a compressor.

Conventions: mono samples at 44.1 kHz; gains in dB, frequencies in Hz, times in seconds.
"""
import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE = 44100


def db(x):
    return 10 ** (x / 20)


def peak(x, hz, gain_db, q):
    """Peaking equaliser (R. Bristow-Johnson's cookbook)."""
    a, w = db(gain_db / 2), 2 * np.pi * hz / RATE
    alpha = np.sin(w) / 2 / q
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    c = np.array([1 + alpha / a, -2 * np.cos(w), 1 - alpha / a])
    return lfilter(b / c[0], c / c[0], x)


def tilt(x, amount_db, hz):
    low = band(x, None, hz, 1)
    return low * db(-amount_db / 2) + (x - low) * db(amount_db / 2)


def band(x, low_hz, high_hz, order=2):
    """Butterworth high-pass, low-pass or band-pass."""
    if low_hz and high_hz:
        return sosfilt(butter(order, [low_hz / RATE * 2, min(high_hz / RATE * 2, .99)], "band", output="sos"), x)
    if low_hz:
        return sosfilt(butter(order, low_hz / RATE * 2, "high", output="sos"), x)
    return sosfilt(butter(order, min(high_hz / RATE * 2, .99), output="sos"), x)


def squeeze(x, threshold_db, ratio, attack_s, release_s, hop=32):
    """Feed-forward compressor."""
    blocks = np.abs(np.pad(x, (0, -len(x) % hop))).reshape(-1, hop).max(1)
    a, r, level, env = np.exp(-hop / RATE / attack_s), np.exp(-hop / RATE / release_s), 0.0, np.empty(len(blocks))
    for i, v in enumerate(blocks.tolist()):
        k = a if v > level else r
        level = k * level + (1 - k) * v
        env[i] = level
    g = -np.maximum(0, 20 * np.log10(env + 1e-9) - threshold_db) * (1 - 1 / ratio)
    return x * db(np.interp(np.arange(len(x)), np.arange(len(g)) * hop + hop, g))
