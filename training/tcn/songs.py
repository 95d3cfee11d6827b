"""Songs without drums, played by instruments that never existed.

Goal: accompaniment of endless timbre from the band MIDIs of the drum data pack, without a SoundFont. Conventions: mono, 44.1 kHz; an
instrument is a set of wave tables (one per octave, harmonics below 16 kHz), bright at the stroke and dull later, under an
envelope that is plucked, blown or bowed by chance; lead guitars are overdriven, everything stands in a room.
"""
import mido, numpy as np
from scipy.signal import fftconvolve

from effects import RATE, band, db, peak

TABLE = 2048
LOWEST_HZ = 27.5


class Instrument:
    """One channel's sound, drawn once."""

    def __init__(self, rng, program):
        self.rng, u = rng, rng.uniform
        bass, strings = 32 <= program < 40, program < 32 or 104 <= program < 120
        self.plucked = rng.random() < (.85 if strings or bass else .25)
        self.fall_s, self.release_s, self.attack_s = u(.1, 1.5), u(.02, .3), u(.001, .008) if self.plucked else u(.005, .12)
        self.dulled_s = u(.02, .4)
        slope, odd, count = u(.6, 2.2), rng.choice([1, 1, .1]), 400
        h = np.arange(1, count + 1)
        tone = h ** -slope * np.where(h % 2 == 0, odd, 1) * np.exp(rng.normal(0, .7, count))
        dull = tone * np.exp(-h / u(1.5, 12))
        turn = np.exp(2j * np.pi * rng.random(count))
        self.bright, self.dull = self.tables(tone * turn), self.tables(dull * turn)
        self.drive = u(2, 30) if rng.random() < (.7 if program in (29, 30) else .12) else 0
        self.vibrato = (u(3, 7), u(0, .006) if not self.plucked and rng.random() < .6 else 0)
        self.detune = 2 ** (u(3, 15) / 1200) if rng.random() < .3 else 1
        self.breath, self.level_db = (u(.02, .3) if rng.random() < .15 else 0), rng.normal(2 if bass else 0, 4)
        self.shift = 12 * int(rng.choice([-1, 0, 0, 0, 0, 1])) if not bass else 0

    @staticmethod
    def tables(spectrum):
        """A cycle per octave from the lowest key on."""
        out = []
        for octave in range(9):
            n = max(1, min(len(spectrum), int(16000 / (LOWEST_HZ * 2 ** (octave + 1)))))
            s = np.zeros(TABLE // 2 + 1, complex)
            s[1:n + 1] = spectrum[:n]
            x = np.fft.irfft(s)
            out.append((x / (x.std() + 1e-12)).astype(np.float32))
        return out

    def note(self, key, velocity, seconds):
        hz = 440 * 2 ** ((key + self.shift - 69) / 12)
        octave = int(np.clip(np.log2(hz / LOWEST_HZ), 0, 8))
        n = int((seconds + 3 * self.release_s) * RATE)
        t = np.arange(n, dtype=np.float32) / RATE
        cycles = hz * t if not self.vibrato[1] else np.cumsum(hz * (1 + self.vibrato[1] * np.sin(2 * np.pi * self.vibrato[0] * t))) / RATE
        def wave(phase):
            at = (phase * TABLE).astype(np.int64) % TABLE
            mix = np.exp(-t / self.dulled_s)
            return self.bright[octave][at] * mix + self.dull[octave][at] * (1 - mix)
        x = wave(cycles) if self.detune == 1 else (wave(cycles) + wave(cycles * self.detune)) * .7
        if self.breath:
            x = x + self.breath * self.rng.standard_normal(n)
        shape = np.minimum(1, t / self.attack_s) * np.exp(-np.maximum(0, t - seconds) / self.release_s)
        if self.plucked:
            shape = shape * np.exp(-t / (self.fall_s * (220 / hz) ** .3))
        return x * shape * db(20 * np.log10(max(velocity, .05)))


def notes_of(path):
    """(start_s, end_s, channel, program, key, velocity) of all notes but the drums'."""
    t, program, open_, out = 0.0, [0] * 16, {}, []
    for m in mido.MidiFile(path):
        t += m.time
        if m.type == "program_change":
            program[m.channel] = m.program
        elif m.type in ("note_on", "note_off") and m.channel != 9:
            if (held := open_.pop((m.channel, m.note), None)) is not None:
                out.append((held[0], t, m.channel, program[m.channel], m.note, held[1]))
            if m.type == "note_on" and m.velocity:
                open_[m.channel, m.note] = (t, m.velocity / 127)
    return sorted(out)


def excerpt(notes, rng, seconds):
    """A stretch of a song at another pitch and speed, each channel on an instrument of its own; silence has level 0."""
    speed, up = rng.uniform(.8, 1.25), int(rng.integers(-5, 6))
    start = rng.uniform(0, max(0, notes[-1][1] / speed - seconds))
    players, parts = {}, {}
    silent = {c for c in range(16) if rng.random() < .15}
    for s, e, channel, program, key, velocity in notes:
        s, e = s / speed - start, e / speed - start
        if e < 0 or s > seconds - .1 or channel in silent:
            continue
        if channel not in players:
            players[channel], parts[channel] = Instrument(rng, program), np.zeros(int(seconds * RATE), np.float32)
        x = players[channel].note(key + up, velocity, min(e, seconds) - max(s, 0))
        at = int(max(0, s) * RATE)
        parts[channel][at:at + len(x)] += x[:len(parts[channel]) - at]
    out = np.zeros(int(seconds * RATE), np.float32)
    for channel, x in parts.items():
        x = x / (x.std() + 1e-9)
        if players[channel].drive:
            x = band(np.tanh(x * players[channel].drive), None, rng.uniform(3000, 9000))
        x = peak(x, np.exp(rng.uniform(5, 9)), rng.normal(0, 5), rng.uniform(.4, 2))
        out += x / (x.std() + 1e-9) * db(players[channel].level_db)
    n = int(rng.uniform(.1, 1.5) * RATE)
    wet = fftconvolve(out, rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n))[:len(out)]
    out = out / (out.std() + 1e-9) + wet / (wet.std() + 1e-9) * db(rng.uniform(-30, -6))
    return out / (np.abs(out).max() + 1e-9) * .5
