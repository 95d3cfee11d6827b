"""Writes log_mel.json: log-mel frames of a made sound, computed with numpy only, for parity with `listen::features`.

    python3 log_mel.py > log_mel.json
"""
import json
import numpy as np

RATE, WINDOW, HOP, BANDS, LOW, HIGH = 44100, 2048, 441, 64, 30.0, 16500.0
n = np.arange(4410)
sound = .4 * np.sin(2 * np.pi * 440 * n / RATE) + .3 * np.sin(2 * np.pi * 5000 * n / RATE) * np.exp(-n / 1500) \
    + .2 * np.sin(2 * np.pi * 60 * n / RATE) * (n > 2000) + .001 * ((n * 7919 % 1009) / 504.5 - 1)
sound = sound.astype(np.float32).astype(float)

mel, hz = lambda f: 2595 * np.log10(1 + f / 700), lambda m: 700 * (10 ** (m / 2595) - 1)
edges, freq = hz(np.linspace(mel(LOW), mel(HIGH), BANDS + 2)), np.arange(WINDOW // 2 + 1) * RATE / WINDOW
bank = np.zeros((BANDS, len(freq)))
for b in range(BANDS):
    left, centre, right = edges[b:b + 3]
    bank[b] = np.maximum(0, np.minimum((freq - left) / (centre - left), (right - freq) / (right - centre)))
    if not bank[b].any():
        bank[b, round(centre / (RATE / WINDOW))] = 1
window = (.5 - .5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)) * 4 / WINDOW
padded = np.pad(sound, WINDOW)
frames = [padded[WINDOW + i * HOP - WINDOW // 2:][:WINDOW] for i in range(len(sound) // HOP + 1)]
power = np.array([bank @ np.abs(np.fft.rfft(f * window)) ** 2 for f in frames])
print(json.dumps(np.round(10 * np.log10(np.maximum(power, 1e-12)), 5).tolist()))
