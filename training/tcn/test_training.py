"""Tests of the training: `python -m unittest` in this folder; DATA names the drum data pack for the smoke run."""
import csv, os, struct, subprocess, sys, tempfile, threading, unittest
from types import SimpleNamespace
import mido, numpy as np, soundfile, torch

import features, score, train
from drums import Stranger, fade, norm, stranger
from export import HEADS, company, heard, mean_of, write_onnx
from model import CLASSES, SPANS, Ear, WithTimbre
from pack import ALIAS, INDEX, load, save  # also finds what both trainings share
from render import HATS, tambourine
from shipped import ear_from
from songs import Instrument, excerpt, notes_of
from timbre import directions, lent, moments
from train import Feed

HERE = os.path.dirname(os.path.abspath(__file__))


def read_arrays(path):
    """The arrays of a `parity.bin`."""
    at, out = 12, {}
    with open(path, "rb") as file:
        b = file.read()
    for _ in range(struct.unpack_from("<I", b, 8)[0]):
        n = struct.unpack_from("<I", b, at)[0]
        name, axes = b[at + 4:at + 4 + n].decode(), struct.unpack_from("<I", b, at + 4 + n)[0]
        at += 8 + n
        shape = struct.unpack_from(f"<{axes}I", b, at)
        at += 4 * axes
        out[name] = np.frombuffer(b, "<f4", int(np.prod(shape)), at).reshape(shape)
        at += 4 * int(np.prod(shape))
    return out


class Features(unittest.TestCase):
    def test_a_sine_peaks_in_its_band_at_full_scale(self):
        x = np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100).astype(np.float32)
        row = features.log_mel(x)[50]
        self.assertLess(abs(features.CENTRES_HZ[row[:96].argmax()] - 1000), 40)
        self.assertLess(abs(row[:96].max()), .5)

    def test_silence_is_the_floor_and_frames_are_counted_from_sample_0(self):
        f = features.log_mel(np.zeros(44100))
        self.assertEqual(f.shape, (101, features.WIDTH))
        self.assertTrue((f == np.log10(np.float32(features.FLOOR))).all())

    def test_the_arrays_that_the_listener_is_tested_with_are_ours(self):
        path = os.path.join(HERE, "../../models/tcn/parity.bin")
        arrays = read_arrays(path)
        self.assertLess(np.abs(features.log_mel(arrays["samples"]) - arrays["features"]).max(), 1e-4)


class Scores(unittest.TestCase):
    def test_a_peak_is_where_the_curve_is_highest_moved_by_its_offset(self):
        a, offset = np.zeros(20), np.zeros(20)
        a[9:12], offset[10] = (.4, .9, .4), -.3
        times, heights = score.peaks(a, offset)
        self.assertEqual([round(t, 4) for t in times], [.097])
        self.assertEqual(list(heights), [.9])

    def test_each_truth_is_matched_once(self):
        self.assertEqual(score.matches([1.0, 1.01, 2.0], [1.0, 2.04, 3.0], .05), 2)


class Bleeding(unittest.TestCase):
    def odds_of_toms(self, kicks):
        """Log-odds of eight floor toms of .7, of which so many have a kick of .9 one frame later, after what it explains."""
        onset = np.full((200, len(CLASSES)), .01)
        onset[10:170:20, CLASSES.index("tom_floor")] = .7
        onset[11:11 + 20 * kicks:20, CLASSES.index("kick")] = .9
        found = score.candidates([onset, onset, onset * 0])
        odds = heard((found, None, company(onset, found)), SPANS[2], .5, (0, 2.0))
        return odds[found[1] == CLASSES.index("tom_floor")]

    def test_a_tom_that_always_comes_with_the_kick_is_the_kick(self):
        alone, evidence = np.log(.7 / .3), np.log(9) + np.log(9)
        for kicks in (0, 2, 8):
            odds, share = self.odds_of_toms(kicks), (kicks + 1) / 12
            np.testing.assert_allclose(odds[kicks:], alone, atol=1e-9)
            np.testing.assert_allclose(odds[:kicks], alone - 2 * share ** 2 * evidence, atol=1e-9)


class Timbre(unittest.TestCase):
    def test_a_doubtful_stroke_is_what_those_are_that_sound_like_it(self):
        hat, crash = CLASSES.index("hihat_closed"), CLASSES.index("crash")
        onset, hidden = np.full((240, len(CLASSES)), .01), np.zeros((240, 8))
        onset[5::10, hat], onset[55, [hat, crash]] = .95, (.45, .55)
        hidden[:, 0], hidden[:120, 1], hidden[120:, 1] = 1, .2, -.2
        found = score.candidates([onset, onset, onset * 0])
        frames, odds, seen = moments([onset, None, None, None, hidden], found)
        ways = directions([seen])
        self.assertEqual(ways.shape[1], 8)
        after = lent(found, frames, odds, seen @ ways.T)
        at_55 = {int(c): p for c, p, f in zip(after[1], after[2], after[4]) if f == 55}
        self.assertAlmostEqual(at_55[hat], 1 / (1 + np.exp(-.5 * (np.log(.45 / .55) + np.log(.95 / .05)))), 6)
        self.assertLess(at_55[crash], .2)


class Kits(unittest.TestCase):
    @unittest.skipUnless(os.environ.get("DATA"), "DATA does not name the drum data pack")
    def test_the_same_arguments_make_the_same_kits_with_what_a_suite_needs(self):
        tables = []
        with tempfile.TemporaryDirectory() as folder:
            for out in (os.path.join(folder, name) for name in "ab"):
                subprocess.run([sys.executable, "-B", os.path.join(HERE, "kits.py"), "--data", os.environ["DATA"],
                                "--count", "2", "--out", out], check=True)
                with open(os.path.join(out, "oneshots.csv")) as file:
                    tables.append(list(csv.DictReader(file)))
            self.assertEqual(*tables)
            for r in tables[0]:
                head = soundfile.read(os.path.join(folder, "a", r["path"]))[0][:int(.15 * 44100)]
                self.assertLess(abs(10 * np.log10((head ** 2).mean()) - float(r["rms150_db"])), 1, r["path"])
        for kit in ("made0000", "made0001"):
            classes = {ALIAS.get(r["instrument"], r["instrument"]) for r in tables[0] if r["kit"] == kit}
            self.assertLessEqual({"kick", "snare", "hihat_closed", "crash", "tom_floor"}, classes)


class Shipped(unittest.TestCase):
    def same(self, net, features, heads, within):
        net.eval()
        with torch.no_grad():
            for name, ours, theirs in zip(HEADS, net(features), heads):
                self.assertLess(float((ours - torch.as_tensor(theirs)).abs().max()), within, name)

    def test_a_network_read_back_says_the_same_of_any_features(self):
        torch.manual_seed(1)
        first, x = Ear(16), torch.randn(2, 300, features.WIDTH)
        first.train()
        for _ in range(20):              # statistics of its own to fold
            first(x * 2 - 4)
        first.eval()
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            write_onnx(WithTimbre(first, torch.randn(4, 16)).eval(), os.path.join(folder, "model.onnx"))
            second = ear_from(os.path.join(folder, "model.onnx"), x - 5)
            self.same(second, x - 3, first(x - 3), 1e-4)

    def test_the_shipped_model_says_what_its_parity_arrays_hold(self):
        folder = os.path.join(HERE, "../../models/tcn")
        arrays = read_arrays(os.path.join(folder, "parity.bin"))
        x = torch.from_numpy(arrays["features"].copy())[None]
        self.same(ear_from(os.path.join(folder, "model.onnx"), x), x, [arrays[h][None].copy() for h in HEADS[:4]], 1e-4)


class Changes(unittest.TestCase):
    """What is done to features while training. One second of a floor of -8 with a loud frame at 50."""

    def setUp(self):
        self.x = np.full((100, features.WIDTH), -8, np.float32)
        self.x[50] = -1

    def test_warping_moves_a_tone_in_both_windows_by_the_same_ratio(self):
        self.x[50] = -8
        self.x[50, [40, 96 + 16]] = -1
        moved = train.warped(self.x, np.random.default_rng(3))[50]
        ratios = [np.exp((moved[part] + 8) @ np.log(features.CENTRES_HZ[part]) / (moved[part] + 8).sum())
                  / features.CENTRES_HZ[at] for part, at in ((slice(0, 96), 40), (slice(96, 128), 112))]
        self.assertGreater(abs(ratios[0] - 1), .01)
        self.assertLess(abs(ratios[0] / ratios[1] - 1), .05)

    def test_a_room_answers_after_the_sound_and_dies_away(self):
        y = train.in_a_room(self.x, np.random.default_rng(3))
        self.assertLess(np.abs(y[:50] - self.x[:50]).max(), .3)
        self.assertLess(np.abs(y[50] - self.x[50]).max(), .01)
        self.assertGreater(y[51, 20] - self.x[51, 20], 1)
        self.assertGreater(y[51, 20], y[70, 20])

    def test_a_compressor_holds_the_loud_down_and_leaves_the_quiet_before_it(self):
        self.x[50:55] = -1
        y = train.held_down(self.x, np.random.default_rng(3))
        self.assertTrue((y[:50] == self.x[:50]).all())
        self.assertLess(y[50].max(), self.x[50].max() - .05)

    def test_nothing_moves_in_time(self):
        for seed in range(20):
            y = train.x_changed(self.x.copy(), np.random.default_rng(seed))
            self.assertEqual(y.shape, self.x.shape)
            self.assertEqual(int(np.diff(y.mean(1)).argmax()), 49)


class Songs(unittest.TestCase):
    def test_a_note_has_its_pitch_and_ends(self):
        for seed in range(8):
            instrument = Instrument(np.random.default_rng(seed), 0)
            instrument.shift, instrument.breath = 0, 0
            x = instrument.note(69, .8, .5)
            bins = np.abs(np.fft.rfft(x[:22050] * np.hanning(22050)))
            loud = np.flatnonzero(bins > bins.max() * .5) * 2          # 2 Hz a bin
            self.assertTrue(all(min(hz % 440, -hz % 440) < .02 * hz + 4 for hz in loud), loud)
            self.assertLess(np.abs(x[-200:]).max(), .1 * np.abs(x).max())

    def test_drums_are_left_out_and_the_rest_is_heard_where_it_is_written(self):
        track = mido.MidiTrack([mido.Message("program_change", program=40, time=0),
                                mido.Message("note_on", note=36, velocity=99, channel=9, time=0),
                                mido.Message("note_on", note=60, velocity=99, time=960),
                                mido.Message("note_off", note=60, velocity=0, time=480)])
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.mid")
            mido.MidiFile(tracks=[track]).save(path)
            notes = notes_of(path)
        self.assertEqual([(round(n[0], 3), round(n[1], 3), *n[2:5]) for n in notes], [(1.0, 1.5, 0, 40, 60)])
        played = [excerpt(notes, np.random.default_rng(seed), 3) for seed in range(4)]
        for x in [x for x in played if x.any()]:
            start = np.flatnonzero(np.abs(x) > .05)[0] / 44100
            self.assertTrue(.75 < start < 1.3, start)
        self.assertTrue(any(x.any() for x in played))


class Strangers(unittest.TestCase):
    def test_a_stroke_far_from_any_recording_still_begins_where_it_began(self):
        lead, n = 300, 44100
        t = np.maximum(0, np.arange(n) - lead) / 44100
        body = np.where(np.arange(n) >= lead, np.sin(2 * np.pi * 200 * t + 1) * np.exp(-t / .1), 0)
        sounds = []
        for seed in range(30):
            voice = SimpleNamespace(name="snare", pitch=1.0, alone=None, other=lambda rng: rng.standard_normal(8000) * fade(8000, .03))
            y = Stranger(voice, np.random.default_rng(seed)).make(body, t)
            self.assertEqual(len(y), n)
            self.assertLess(np.abs(y[:lead]).max(), 1e-6 * np.abs(y).max())
            self.assertGreater(np.abs(y[lead:lead + 441]).max(), .1 * np.abs(y).max())
            sounds.append(norm(y[lead:]))
        alike = np.corrcoef([s[:8000] for s in sounds])
        self.assertLess(np.median(np.abs(alike)), .9, "they differ from each other")

    def test_so_many_items_are_far_as_are_asked_for(self):
        self.assertEqual(sum(stranger(7, i, 0) is not None for i in range(200)), 0)
        self.assertTrue(70 < sum(stranger(7, i, .5) is not None for i in range(200)) < 130)


class Passing(unittest.TestCase):
    def test_sets_come_and_go_with_the_steps_and_are_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            def put(n):
                save(os.path.join(folder, "part.npz"), [(np.full((100, 160), n, np.float16), np.zeros((0, 3)), np.zeros((0, 2)))])
                os.rename(os.path.join(folder, "part.npz"), os.path.join(folder, f"s{n}.npz"))
            heard = lambda step: sorted({int(f[0, 0]) for f, _, _ in (feed.turn(step), feed.pool)[1]})
            [put(n) for n in range(3)]
            feed = Feed([], [], 80, 1, ([(os.path.join(folder, "s#.npz"), 1.0)], 10, 2))
            self.assertEqual([heard(step) for step in (0, 9, 10)], [[0, 1], [0, 1], [1, 2]])
            threading.Timer(.5, put, [3]).start()
            self.assertEqual(heard(25), [2, 3])
            open(os.path.join(folder, "stopped"), "w").close()
            with self.assertRaisesRegex(FileNotFoundError, "s4.npz"):
                heard(30)

    def test_a_set_weighs_what_its_share_says_however_long_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            for n, frames in ((0, 900), (1, 100)):
                save(os.path.join(folder, f"s{n}.npz"), [(np.zeros((frames, 160), np.float16), np.zeros((0, 3)), np.zeros((0, 2)))])
            feed = Feed([(1.0, load(os.path.join(folder, "s0.npz")))], [], 80, 1, ([(os.path.join(folder, "s#.npz"), 1.0)], 10, 2))
            feed.turn(0)
            self.assertTrue(np.allclose(np.diff([0, *feed.p]), [.5, .25, .25]))


class Playing(unittest.TestCase):
    def test_a_tambourine_joins_the_others_and_at_times_stands_in_for_the_hats(self):
        beats = [(i * .5, i % 4 == 0) for i in range(8)]
        notes = [(t, c, .5) for t, _ in beats for c in ("kick", "hihat_closed")]
        without_hats = 0
        for seed in range(40):
            out = tambourine(notes, beats, np.random.default_rng(seed))
            self.assertEqual(sum(c == "kick" for _, c, _ in out), 8)
            without_hats += not any(c in HATS for _, c, _ in out)
            self.assertTrue(all(c in INDEX and 0 < v <= 1 and t > 0 for t, c, v in out if c == "tambourine"))
        self.assertTrue(8 <= without_hats <= 28)


@unittest.skipUnless(os.environ.get("DATA"), "DATA does not name the drum data pack")
class Smoke(unittest.TestCase):
    def test_from_data_to_a_model_folder(self):
        with tempfile.TemporaryDirectory() as work:
            def run(script, *arguments):
                done = subprocess.run([sys.executable, "-B", os.path.join(HERE, script), *map(str, arguments)], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            data, pack = os.environ["DATA"], os.path.join(work, "p.npz")
            band = os.path.join(work, "band.npz")
            run("render.py", "--data", data, "--out", pack, "--count", 4, "--seconds", 9, "--jobs", 1)
            run("backing.py", "--data", data, "--out", band, "--songs", 2, "--seconds", 9)
            for steps in (2, 4):              # the second call resumes the first
                run("train.py", "--train", pack, "--backing", band, "--val", pack, "--work", work, "--steps", steps, "--every", 2,
                    "--batch", 2, "--width", 16)
            out = os.path.join(os.environ.get("OUT", work), "smoke")
            run("export.py", "--data", data, "--weights", os.path.join(work, "best.pt"), "--val", pack, "--name", "smoke", "--out", out)
            self.assertLess(os.path.getsize(os.path.join(out, "model.onnx")), 8 << 20)
            again = os.path.join(work, "again")
            run("train.py", "--train", pack, "--val", pack, "--work", again, "--steps", 1, "--batch", 2, "--width", 16,
                "--from", os.path.join(out, "model.onnx"))
            first, last = (os.path.join(again, name) for name in ("start.pt", "last.pt"))
            middle, ends = mean_of([first, last])["net"], [torch.load(first)["net"], torch.load(last, weights_only=False)["mean"]]
            self.assertTrue(torch.allclose(middle["join.weight"], (ends[0]["join.weight"] + ends[1]["join.weight"]) / 2))
            with open(os.path.join(out, "model.toml")) as card:
                self.assertIn('kind = "neural"', card.read())


if __name__ == "__main__":
    unittest.main()
