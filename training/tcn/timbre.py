"""Moments of a recording that sound alike lend each other evidence; the same as `crates/listen/src/hits/timbre.rs`.

Conventions: a moment is a frame with candidates. Its timbre is what the network's heads see, along the directions in which the
moments of validation items differ most; only the direction from a recording's mean counts.
"""
import numpy as np

VALUES, NEIGHBOURS, REACH, SHARE = 32, 20, .1, .5
AROUND, APART_FRAMES = 600, 4


def log_odds(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def around(onset):
    """Largest activation of each class within two frames; shape as given: frames x classes."""
    p = np.pad(onset, ((2, 2), (0, 0)))
    return np.max([p[i:len(onset) + i] for i in range(5)], 0)


def moments(activations, found):
    """(frames, log-odds of all classes around each, what the heads see of each) of the frames with candidates."""
    frames = np.unique(found[4])
    return frames, log_odds(around(activations[0])[frames]), activations[4][frames]


def directions(hidden):
    """The directions in which moments differ most; a list of moments x width, one per recording, gives values x width."""
    x = np.concatenate([h - h.mean(0) for h in hidden if len(h)])
    return np.linalg.eigh(x.T @ x)[1][:, ::-1].T[:VALUES].astype(np.float32)


def lent(found, frames, odds, timbre):
    """Candidates with probabilities drawn towards those of moments that sound alike."""
    way = timbre - timbre.mean(0, keepdims=True)
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    drawn, at = log_odds(found[2]), np.searchsorted(frames, found[4])
    for i in range(len(frames)):
        others = np.arange(max(0, i - AROUND), min(len(frames), i + AROUND + 1))
        others = others[np.abs(frames[others] - frames[i]) >= APART_FRAMES]
        if not len(others):
            continue
        cosine = way[others] @ way[i]
        near = np.argsort(-cosine, kind="stable")[:NEIGHBOURS]
        weight = np.exp((cosine[near] - 1) / REACH)
        lends = weight @ odds[others[near]] / weight.sum()
        mine = at == i
        drawn[mine] += SHARE * (lends[found[1][mine]] - drawn[mine])
    return found[0], found[1], 1 / (1 + np.exp(-drawn)), *found[3:]
