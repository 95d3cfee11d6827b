#!/usr/bin/env python3
"""How long clients wait for answers while workers transcribe.

    scripts/test-scale .venv/bin/python bench/latency.py [requests a second] [seconds]

Uploads VIDEO (demo/demo.mp4 by default) some times, keeps every worker of BASE_URL busy with transcribing it anew, and
meanwhile asks for the pages a client looks at, at fixed times whether or not the last answer has come: what waits in a
line counts as waiting. Prints the median, 99 of 100 and the longest of each, in milliseconds, and how many jobs ended.
Only Python's own library is used; the load goes to BASE_URL alone and ends by itself.
"""
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request
import uuid

BASE = os.environ.get("API_URL") or os.environ.get("BASE_URL", "http://127.0.0.1:8000")
VIDEO = os.environ.get("VIDEO", "demo/demo.mp4")
CLIENTS = 8
RECORDINGS = 4


def call(method, path, token=None, body=None, kind="application/json"):
    request = urllib.request.Request(BASE + path, data=body, method=method)
    request.add_header("content-type", kind)
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read() or b"null")


def log_in():
    account = {"email": f"latency-{uuid.uuid4()}@example.com", "password": "a-long-secret-7"}
    call("POST", "/users/register", body=json.dumps(account).encode())
    form = urllib.parse.urlencode({"username": account["email"], "password": account["password"]}).encode()
    return call("POST", "/users/login", body=form, kind="application/x-www-form-urlencoded")["access_token"]


def upload(token, number):
    with open(VIDEO, "rb") as file:
        content = file.read()
    name = os.path.splitext(os.path.basename(VIDEO))
    head = f'--cut\r\ncontent-disposition: form-data; name="file"; filename="{name[0]}-{number}{name[1]}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--cut--\r\n"
    return call("POST", "/videos/upload", token, body, "multipart/form-data; boundary=cut")["video"]["id"]


def keep_busy(token, videos, until):
    """Every recording has a job that waits or runs, all the time; gives how many were asked for."""
    asked = 0
    while time.monotonic() < until:
        for video in videos:
            path = f"/jobs/transcription/{video}?force=true"
            request = urllib.request.Request(BASE + path, method="POST", headers={"authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=120):
                asked += 1
        time.sleep(1)
    return asked


def ask(paths, token, start, rate, seconds, number, waits, lock):
    """The requests of one client of CLIENTS."""
    where = urllib.parse.urlsplit(BASE)
    client = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    for turn in range(number, int(rate * seconds), CLIENTS):
        due = start + turn / rate
        time.sleep(max(0.0, due - time.monotonic()))
        path = paths[turn % len(paths)]
        client.request("GET", path, headers={"authorization": f"Bearer {token}"})
        answer = client.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        with lock:
            waits.setdefault(path, []).append(1000 * (time.monotonic() - due))


def main():
    rate, seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 50.0, float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    token = log_in()
    videos = [upload(token, number) for number in range(RECORDINGS)]
    first = call("POST", f"/jobs/transcription/{videos[0]}", token)
    while call("GET", f"/jobs/{first['id']}", token)["status"] not in ("completed", "failed"):
        time.sleep(0.2)
    paths = ["/users/me", "/videos/", f"/videos/{videos[0]}", "/jobs/", f"/videos/{videos[0]}/processing-status"]
    waits, lock, start = {}, threading.Lock(), time.monotonic() + 2
    busy = threading.Thread(target=keep_busy, args=(token, videos, start + seconds))
    clients = [
        threading.Thread(target=ask, args=(paths, token, start, rate, seconds, number, waits, lock))
        for number in range(CLIENTS)
    ]
    for thread in [busy, *clients]:
        thread.start()
    for thread in [busy, *clients]:
        thread.join()
    at = lambda sorted_ms, part: sorted_ms[min(len(sorted_ms) - 1, int(part * len(sorted_ms)))]
    everything = sorted(wait for path in waits.values() for wait in path)
    for name, of_path in [*sorted(waits.items()), ("all", everything)]:
        of_path = sorted(of_path)
        name = name.replace(videos[0], "{id}")
        print(f"{name:36} {len(of_path):6} requests  median {at(of_path, .5):7.1f} ms  99 of 100 {at(of_path, .99):7.1f} ms"
              f"  longest {of_path[-1]:7.1f} ms")
    done = call("GET", "/jobs/?status=completed&per_page=1", token)["total"]
    print(f"{done} transcriptions were completed meanwhile, of {os.path.basename(VIDEO)}")


main()
