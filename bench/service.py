#!/usr/bin/env python3
"""What requests cost the server: CPU per request, and how long others wait while it works.

    bench/service.py [--server target/release/backbeat] [--seconds 8] [--core 0]

Starts a server of its own in a temporary folder, on one core where --core says which; needs wrk, curl, ffmpeg and
taskset. Everything is on loopback and ends by itself. CPU time is that of the server's process alone, from /proc; the
programs it starts for the analysis are not in it.

1. GET /users/me with 8 connections, CPU ms per request.
2. GET /videos/?per_page=20 of 200 videos with 8 connections, CPU ms per request.
3. GET / with 2 connections: alone; then during eight logins at the same time, again and again, and an analysis. The
   99th percentile is wrk's.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from uploads import PASSWORD, Server, wav

VIDEOS = 200
LOGINS = 8
DEMO = pathlib.Path(__file__).parent.parent / "demo" / "demo.mp4"


def wrk(server, path, seconds, connections, token=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", server.base + path]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return requests, float(p99) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def cost(server, path, seconds, title):
    wrk(server, path, 1, 8, server.token)
    cpu = server.cpu_ms()
    requests, p99 = wrk(server, path, seconds, 8, server.token)
    cpu = server.cpu_ms() - cpu
    print(f"{title}: {cpu / requests:.3f} CPU ms each, {requests / seconds:.0f} a second, p99 {p99:.1f} ms", flush=True)


def log_in(server):
    form = urllib.parse.urlencode({"username": "ringo@example.com", "password": PASSWORD}).encode()
    urllib.request.urlopen(f"{server.base}/users/login", form, timeout=60).read()


def post(server, path):
    headers = {"Authorization": f"Bearer {server.token}"}
    request = urllib.request.Request(server.base + path, b"", headers, method="POST")
    return json.load(urllib.request.urlopen(request, timeout=60))


def busy(server, until, count):
    def again():
        while time.monotonic() < until:
            log_in(server)
            count.append(1)

    threads = [threading.Thread(target=again) for _ in range(LOGINS)]
    for thread in threads:
        thread.start()
    return threads


def status(server, job):
    headers = {"Authorization": f"Bearer {server.token}"}
    request = urllib.request.Request(f"{server.base}/jobs/{job}", headers=headers)
    return json.load(urllib.request.urlopen(request, timeout=60))["status"]


def long_recording(folder, seconds):
    """The demo's sound again and again, so that the analysis lasts as long as the measurement."""
    path = folder / "long.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", DEMO, "-t", str(seconds), "-vn", "-ac", "1", path], check=True)
    return path


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--server", default="target/release/backbeat")
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--core", type=int, default=None)
    arguments = arguments.parse_args()
    os.environ.update(REQUESTS_PER_MINUTE_MAX="0", LOGINS_PER_MINUTE_MAX="0", USER_JOBS_MAX="1000", AUDIO_S_MAX="7200")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="backbeat-service-"))
    try:
        server = Server(arguments.server, folder, "", arguments.core)
        try:
            for number in range(VIDEOS):
                wav(folder / "some.wav", 1, number)
                code = server.upload(folder / "some.wav").communicate()[0]
                assert code == "201", code
            cost(server, "/users/me", arguments.seconds, "GET /users/me")
            cost(server, "/videos/?per_page=20", arguments.seconds, f"GET /videos/, 20 of {VIDEOS}")
            _, p99 = wrk(server, "/", arguments.seconds, 2)
            print(f"GET / alone: p99 {p99:.1f} ms", flush=True)
            long = long_recording(folder, 3000)
            answer = subprocess.run(
                ["curl", "-s", "-H", f"Authorization: Bearer {server.token}", "-F", f"file=@{long}",
                 f"{server.base}/videos/upload"], check=True, capture_output=True, text=True).stdout
            job = post(server, f"/videos/{json.loads(answer)['video']['id']}/analyze-drums")["job_id"]
            while status(server, job) != "running":
                time.sleep(0.2)
            time.sleep(2)
            count = []
            threads = busy(server, time.monotonic() + arguments.seconds, count)
            _, p99 = wrk(server, "/", arguments.seconds, 2)
            for thread in threads:
                thread.join()
            print(f"GET / during {LOGINS} logins at a time ({len(count)} done) and an analysis "
                  f"({status(server, job)}): p99 {p99:.1f} ms", flush=True)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
