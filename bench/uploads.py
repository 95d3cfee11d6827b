#!/usr/bin/env python3
"""What uploads cost the server: CPU time and memory over idle, one at a time and sixteen at once.

    bench/uploads.py [--server target/release/backbeat] [--mib 100] [--at-once 16] [--blobs-url s3://...]

Starts a server of its own in a temporary folder; needs curl and room for twice the files. CPU time and memory are those
of the server's process alone, from /proc. Memory is the resident set's highest value since the last reset; "pss" would be
less. The recording is silence as WAV of 8 channels at 192 kHz, so that 100 MiB are seconds.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import time
import urllib.request

PASSWORD = "octopus-garden-9"


def wav(path, mib, seed):
    size = (mib << 20) - 44
    rate, channels, width = 192_000, 8, 4
    head = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, channels, rate, rate * channels * width, channels * width, width * 8)
    with open(path, "wb") as out:
        out.write(head + b"data" + struct.pack("<I", size) + bytes([seed]))
        out.truncate(mib << 20)


class Server:
    def __init__(self, program, folder, blobs_url, core=None):
        env = dict(os.environ, PORT="0", DATA_DIR=str(folder / "data"), LOG_LEVEL="error", BLOBS_URL=blobs_url,
                   MAX_USER_STORAGE_GB="100")
        on_core = [] if core is None else ["taskset", "-c", str(core)]
        self.process = subprocess.Popen([*on_core, program, "serve"], env=env, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            found = re.search(r"http://[\d.]+:\d+", line)
            if found:
                self.base = found.group()
                break
        self.token = self.log_in()

    def log_in(self):
        account = {"email": "ringo@example.com", "password": PASSWORD}
        for route in ("register", "login"):
            request = urllib.request.Request(f"{self.base}/users/{route}", json.dumps(account).encode(),
                                             {"content-type": "application/json"})
            answer = json.load(urllib.request.urlopen(request))
        return answer["access_token"]

    def cpu_ms(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, what):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status).group(1)) / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def upload(self, path):
        return subprocess.Popen(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {self.token}",
             "-F", f"file=@{path}", f"{self.base}/videos/upload"], stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(server, paths, title):
    server.forget_peak()
    idle, cpu, began = server.memory_mb("VmRSS"), server.cpu_ms(), time.monotonic()
    codes = [upload.communicate()[0] for upload in [server.upload(path) for path in paths]]
    took = time.monotonic() - began
    cpu = server.cpu_ms() - cpu
    assert all(code == "201" for code in codes), codes
    peak = server.memory_mb("VmHWM")
    print(f"{title}: {cpu / len(paths):.0f} CPU ms each, {took:.2f} s together, "
          f"idle {idle:.1f} MB, peak {peak:.1f} MB, over idle {peak - idle:.1f} MB", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--server", default="target/release/backbeat")
    arguments.add_argument("--mib", type=int, default=100)
    arguments.add_argument("--at-once", type=int, default=16)
    arguments.add_argument("--blobs-url", default="")
    arguments = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="backbeat-uploads-"))
    try:
        paths = [folder / f"{number}.wav" for number in range(arguments.at_once)]
        for number, path in enumerate(paths):
            wav(path, arguments.mib, number)
        server = Server(arguments.server, folder, arguments.blobs_url)
        try:
            warm = folder / "warm.wav"
            wav(warm, 1, 77)
            measure(server, [warm], "1 MiB, the first")
            for number in range(3):
                measure(server, [paths[number]], f"{arguments.mib} MiB, one")
            measure(server, paths, f"{arguments.mib} MiB, {len(paths)} at once")
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
