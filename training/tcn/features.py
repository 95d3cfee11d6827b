"""Log-mel frames, the same numbers as `crates/listen/src/features`.

Shape: frames x 160 (96 bands of a long window, then 32 bands of a short one 2.5 ms before the frame's centre and 32 bands
2.5 ms after it). Unit: log10 of power, a full-scale sine being 1, floor 1e-10. Frame n is centred on sample 441 n; what
lies outside the recording is silence.
"""
import numpy as np, scipy.fft

RATE, HOP = 44100, 441
# window in samples, bands, lowest and highest Hz, centres in samples from the frame's
LAYERS = [(2048, 96, 30.0, 16500.0, (0,)), (512, 32, 100.0, 16500.0, (-110, 110))]
WIDTH = sum(bands * len(centres) for _, bands, _, _, centres in LAYERS)
FLOOR = 1e-10


def mel_bank(window, bands, low_hz, high_hz):
    """Triangles of height 1 between neighbouring centres; shape: bins x bands."""
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = 700 * (10 ** (np.linspace(mel(low_hz), mel(high_hz), bands + 2) / 2595) - 1)
    bin_hz = RATE / window
    hz = np.arange(window // 2 + 1) * bin_hz
    bank = np.zeros((len(hz), bands))
    for i, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:])):
        height = np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))
        bank[:, i] = np.maximum(height, 0)
        if not bank[:, i].any():
            bank[min(round(centre / bin_hz), len(hz) - 1), i] = 1
    return bank.astype(np.float32)


BANKS = [mel_bank(*layer[:4]) for layer in LAYERS]
CENTRES_HZ = np.concatenate([np.tile((BANKS[i] * np.arange(len(BANKS[i]))[:, None]).sum(0) / BANKS[i].sum(0)
                                     * RATE / LAYERS[i][0], len(LAYERS[i][4])) for i in range(len(LAYERS))])


def log_mel(x, block=2048):
    """Features of mono samples; shape: len(x) // 441 + 1 frames x 160."""
    frames, pad = len(x) // HOP + 1, 4096
    x = np.pad(np.asarray(x, np.float32), (pad, pad))
    out = np.empty((frames, WIDTH), np.float32)
    at = 0
    for (window, bands, _, _, centres), bank in zip(LAYERS, BANKS):
        hann = ((.5 - .5 * np.cos(2 * np.pi * np.arange(window) / window)) * 4 / window).astype(np.float32)
        for centre in centres:
            cut = np.lib.stride_tricks.sliding_window_view(x[pad + centre - window // 2:], window)[::HOP]
            for i in range(0, frames, block):
                spectrum = scipy.fft.rfft(cut[i:min(i + block, frames)] * hann, axis=1)
                power = spectrum.real ** 2 + spectrum.imag ** 2
                out[i:i + len(power), at:at + bands] = power @ bank
            at += bands
    return np.log10(np.maximum(out, FLOOR))
