"""Tests of what the beat tracker's weights are learnt with: `python -m unittest` in this folder."""
import os, tempfile, unittest
from fractions import Fraction as Fr
import numpy as np
import torch

import fit_verdict as fit
import learn_groove, learn_rates, pieces

CLUES = 125


def tables(n, seed):
    """Pieces of thirty readings, the right one known by its third clue."""
    rng, out = np.random.default_rng(seed), []
    for _ in range(n):
        t = rng.normal(0, 1, (30, CLUES + fit.EXTRA)).astype(np.float32)
        t[:, fit.HEARD], t[:, fit.SUGGESTED], t[:, fit.RIGHT] = 0, 0, 0
        right = rng.integers(30)
        t[:, 2] = np.arange(30) == right
        t[right, fit.RIGHT] = 1
        out.append(("made", t))
    return out


class Verdicts(unittest.TestCase):
    def test_the_right_reading_is_learnt_and_written_as_it_scores(self):
        net = fit.fit(tables(300, 1), 0, 16, .1, 1, 24)
        val = tables(40, 2)
        with torch.no_grad():
            scores = [net(torch.from_numpy(t[:, :CLUES].copy())).numpy() for _, t in val]
        right = [t[s.argmax(), fit.RIGHT][0] for s, (_, t) in zip(scores, val)]
        self.assertGreater(np.mean(right), .9)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "verdict.txt")
            lines = fit.written([net], "made")
            with open(path, "w") as table:
                table.write("\n".join(lines + [fit.row("heard", np.zeros(4))]) + "\n")
            score, same = fit.kept(path)
        self.assertEqual(same, lines)
        written, wanted = score(val[0][1]), scores[0] + fit.first_look(val[0][1])
        apart = (written - written.mean()) - (wanted - wanted.mean())
        self.assertLess(np.abs(apart).max(), .05)

    def test_what_a_network_heard_counts_where_it_helps(self):
        songs, rng = tables(60, 4), np.random.default_rng(5)
        for _, t in songs:
            right, met = t[:, fit.RIGHT][:, 0], t[:, fit.HEARD]                # a view
            met[:, 0] = .2 * rng.random(30) + .6 * right                       # its beats speak for what is right
            met[:, 2] = rng.random(30) * (1 - right)                           # its downbeats against it
        weights = fit.fit_witness(lambda t: rng.normal(0, .2, len(t)), songs, fit.HEARD, fit.HEARD_SIZES, fit.DOWNBEAT_SIZE)
        self.assertGreater(weights[0], fit.DOWNBEAT_SIZE)                       # the least is that of the downbeats
        self.assertEqual(weights[2], fit.DOWNBEAT_SIZE)


class Grooves(unittest.TestCase):
    # A bar of four kicks, three times a second.
    STROKES = np.array([(i / 3, learn_groove.KICK, .8) for i in range(60)], np.float32)
    BEATS = np.array([(i / 3, i % 4 == 0) for i in range(60)], np.float32)

    def test_a_stroke_lies_in_the_half_of_a_frame_it_falls_in(self):
        x = learn_groove.halves([(.10, learn_groove.SNARE, 1), (.115, learn_groove.CRASH, 0)], 20)
        self.assertEqual(np.argwhere(x).tolist(), [[5, learn_groove.SNARE], [5, learn_groove.CRASH], [6, learn_groove.CRASH]])
        self.assertTrue(np.allclose(x[[5, 5, 6], [1, 10, 10]], [1, .3 * .25, .3 * .75]))

    def test_labels_stand_where_the_beats_are(self):
        x, label, counts = learn_groove.Stretches([(self.STROKES, self.BEATS)], [], 1).one(1)
        struck = x.reshape(-1, 2, learn_groove.CHANNELS).max((1, 2)) > .3
        beats = np.flatnonzero(label[0] > .6)
        self.assertGreater(len(beats), 20)
        self.assertTrue(np.mean([struck[max(0, b - 1):b + 2].any() for b in beats]) > .7)
        self.assertTrue((label[1] <= label[0]).all() and set(np.unique(counts)) <= {0, 1})

    def test_stopped_and_gone_on_is_as_if_never_stopped(self):
        pools = [(self.STROKES, self.BEATS)], [(self.STROKES, self.BEATS)]
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            learn_groove.train(learn_groove.Stretches(*pools, 1), 2, 1, two, planned=4)
            nets = [learn_groove.train(learn_groove.Stretches(*pools, 1), 4, 1, work, planned=4) for work in (one, two)]
            path = os.path.join(one, "groove.onnx")
            whole = learn_groove.export(nets, path)
            self.assertGreater(os.path.getsize(path), 100_000)
        x = torch.from_numpy(np.random.default_rng(1).random((1, 40, 24), np.float32))
        with torch.no_grad():
            self.assertTrue(torch.equal(nets[0](x), nets[1](x)))
            self.assertTrue(torch.allclose(whole(x).transpose(1, 2), torch.sigmoid(nets[0](x)), atol=1e-6))


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
