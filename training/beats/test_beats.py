"""Tests of what the beat tracker's weights are learnt with: `python -m unittest` in this folder."""
import os, tempfile, unittest
from fractions import Fraction as Fr
import numpy as np
import torch

import fit_verdict as fit
import learn_rates, pieces

CLUES = 125


def tables(n, seed):
    """Pieces of thirty readings, the right one known by its third clue."""
    rng, out = np.random.default_rng(seed), []
    for _ in range(n):
        t = rng.normal(0, 1, (30, CLUES + fit.EXTRA)).astype(np.float32)
        t[:, CLUES + 1:CLUES + 5] = 0
        t[:, CLUES + 5:CLUES + 9] = 0
        right = rng.integers(30)
        t[:, 2] = np.arange(30) == right
        t[right, CLUES + 5:CLUES + 9] = 1
        out.append(("made", t))
    return out


class Verdicts(unittest.TestCase):
    def test_the_right_reading_is_learnt_and_written_as_it_scores(self):
        net = fit.fit(tables(300, 1), 0, 16, .1, 1)
        val = tables(40, 2)
        with torch.no_grad():
            scores = [net(torch.from_numpy(t[:, :CLUES].copy())).numpy() for _, t in val]
        right = [t[s.argmax(), CLUES + 5] for s, (_, t) in zip(scores, val)]
        self.assertGreater(np.mean(right), .9)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "verdict.txt")
            fit.write(path, [net], np.zeros(4), "made")
            rows = [(line.split()[0], np.array(line.split()[1:], float)) for line in open(path) if not line.startswith("#")]
        units = np.array([v for name, v in rows if name == "unit"])
        named = dict(rows)
        x = val[0][1][:, :CLUES].astype(float)
        written = np.maximum(0, units[:, 0] + x @ units[:, 1:].T) @ named["output"] + x @ named["direct"]
        wanted = scores[0] + fit.first_look(x)
        apart = (written - written.mean()) - (wanted - wanted.mean())
        self.assertLess(np.abs(apart).max(), .05)

    def test_what_a_network_heard_counts_where_it_helps(self):
        songs, rng = tables(60, 4), np.random.default_rng(5)
        for _, t in songs:
            t[:, CLUES + 1] = .2 * rng.random(30) + .6 * t[:, CLUES + 5]       # its beats speak for what is right
            t[:, CLUES + 3] = rng.random(30) * (1 - t[:, CLUES + 5])           # its downbeats against it
        weights = fit.fit_heard(lambda t: rng.normal(0, .2, len(t)), songs)
        self.assertGreater(weights[0], fit.DOWNBEAT_SIZE)                       # the least is that of the downbeats
        self.assertEqual(weights[2], fit.DOWNBEAT_SIZE)


class Pieces(unittest.TestCase):
    def test_a_bar_of_nine_eighths_keeps_the_ends_of_one_of_six(self):
        bar = [[Fr(0), "kick", .8, None], [Fr(1, 3), "hh_closed", .5, None], [Fr(1), "snare", .8, None], [Fr(4, 3), "hh_closed", .5, None]]
        for seed in range(8):
            (meter, notes), = pieces.nine_eight(dict(bars=[("6/8", bar)]), np.random.default_rng(seed))["bars"]
            places = [(p, k) for p, k, *_ in notes]
            self.assertEqual(meter, "9/8")
            self.assertTrue({(0, "kick"), (Fr(1, 3), "hh_closed"), (2, "snare"), (Fr(7, 3), "hh_closed")} <= set(places))
            self.assertTrue(any(1 <= p < 2 for p, _ in places))

    def test_damage_is_the_same_each_time_and_in_order(self):
        hits = [dict(time_seconds=.5 * i, instrument="snare", velocity=.7) for i in range(100)]
        twice = [pieces.damaged(dict(hits=hits), np.random.default_rng(3))["hits"] for _ in range(2)]
        self.assertEqual(*twice)
        times = [h["time_seconds"] for h in twice[0]]
        self.assertEqual(times, sorted(times))
        self.assertNotEqual(times, [h["time_seconds"] for h in hits])

    def test_a_bar_that_is_counted_stands_before_the_music(self):
        hits = [dict(time_seconds=1 + .5 * i, instrument="kick", velocity=.7) for i in range(16)]
        beats = [dict(time=1 + .5 * i, beat=i % 4 + 1) for i in range(16)]
        piece = pieces.counted_in(dict(hits=hits, beats=beats, bpm=120), np.random.default_rng(1))
        self.assertEqual([b["beat"] for b in piece["beats"]], [1, 2, 3, 4] * 5)
        self.assertTrue(np.allclose(np.diff([b["time"] for b in piece["beats"]]), .5))
        self.assertEqual((len(piece["hits"]), piece["hits"][4]["time_seconds"]), (20, 3.0))

    def test_one_meter_of_a_table_can_be_learnt_anew(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as table:
            table.write("# made\n4/4 share 1 ln_bpm 4 sd .2\nkick 0\n9/8 share 1 ln_bpm 4 sd .2\nkick 1\n")
            table.flush()
            self.assertEqual(learn_rates.kept(table.name, "9/8"), ["4/4 share 1 ln_bpm 4 sd .2", "kick 0"])


if __name__ == "__main__":
    unittest.main()
