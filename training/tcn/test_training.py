"""Tests of the training: `python -m unittest` in this folder; DATA names the drum data pack for the smoke run."""
import os, struct, subprocess, sys, tempfile, unittest
import numpy as np

import features, score

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


@unittest.skipUnless(os.environ.get("DATA"), "DATA does not name the drum data pack")
class Smoke(unittest.TestCase):
    def test_from_data_to_a_model_folder(self):
        with tempfile.TemporaryDirectory() as work:
            def run(script, *arguments):
                done = subprocess.run([sys.executable, "-B", os.path.join(HERE, script), *map(str, arguments)], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            data, pack = os.environ["DATA"], os.path.join(work, "p.npz")
            run("render.py", "--data", data, "--out", pack, "--count", 4, "--seconds", 9, "--jobs", 1)
            for steps in (2, 4):              # the second call resumes the first
                run("train.py", "--train", pack, "--val", pack, "--work", work, "--steps", steps, "--every", 2, "--batch", 2, "--width", 16)
            out = os.path.join(os.environ.get("OUT", work), "smoke")
            run("export.py", "--data", data, "--weights", os.path.join(work, "best.pt"), "--val", pack, "--name", "smoke", "--out", out)
            self.assertLess(os.path.getsize(os.path.join(out, "model.onnx")), 8 << 20)
            with open(os.path.join(out, "model.toml")) as card:
                self.assertIn('kind = "neural"', card.read())


if __name__ == "__main__":
    unittest.main()
