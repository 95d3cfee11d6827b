"""Who calls while schemathesis reads the contract, what there is to be asked for, and what a schema cannot say.

An admin calls, or an account of its own where a call ends the caller's login. The contract lets an admin lose their login (a
changed password, a lost role); then another one is made at the machine.
"""

import itertools
import os
import re
import subprocess
import threading
import time

import requests
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.checks import positive_data_acceptance as acceptance

BASE = os.environ["BASE"]
PASSWORD = os.environ["BACKBEAT_PASSWORD"]
# Operations that end the login they are called with.
ENDINGS = {"close_me", "logout", "change_password", "change_me"}
# Seconds for which a token that worked is taken to work.
TRUSTED_S = 2.0

numbers = itertools.count()
lock = threading.Lock()


def log_in(email):
    form = {"username": email, "password": PASSWORD}
    answer = requests.post(f"{BASE}/users/login", data=form, timeout=30)
    return answer.json()["access_token"] if answer.ok else None


def make(*flags):
    email = f"caller-{os.getpid()}-{next(numbers)}@example.com"
    command = [os.environ["SERVER"], "user", "create", "--email", email, *flags]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return email


@schemathesis.auth(refresh_interval=None)
class Caller:
    token = None
    seen = 0.0

    def get(self, case, context):
        if case.operation.definition.raw.get("operationId") in ENDINGS:
            return log_in(make())
        return self.shared()

    @classmethod
    def shared(cls):
        with lock:
            return cls.admin()

    @classmethod
    def admin(cls):
        if cls.token and time.monotonic() - cls.seen < TRUSTED_S:
            return cls.token
        for email in ("admin@example.com", None):
            if cls.token:
                who = requests.get(f"{BASE}/users/me", headers={"Authorization": f"Bearer {cls.token}"}, timeout=30)
                if who.ok and any(role["name"] == "admin" for role in who.json()["roles"]):
                    break
            cls.token = log_in(email or make("--admin"))
        cls.seen = time.monotonic()
        return cls.token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_an_upload(context, value):
    """The bytes of a resumable upload go as they are; schemathesis knows no such media type."""
    return value if isinstance(value, bytes) else str(value).encode()


# Kinds of mistakes that a schema cannot say, so that a request which fits the document may make them: fields that do not go
# together, passwords that everybody guesses, zero characters anywhere in a text, addresses of which only looking at the
# host says whether they are called.
BEYOND_SCHEMAS = {"rule", "common_password", "zero_character", "url"}


CHECKS.unregister("positive_data_acceptance")


@schemathesis.check
def positive_data_acceptance(ctx, response, case):
    """The check of this name, but for refusals that name such a mistake and no other; any other 422 is a finding."""
    if response.status_code == 422 and case.method != "HEAD":
        kinds = {field["type"] for field in response.json()["detail"]}
        # The usual drum kit has no id; taken from the list of kits, its null is no id to ask for.
        of_null = "null" in (case.path_parameters or {}).values()
        if kinds <= BEYOND_SCHEMAS or of_null:
            return None
    return acceptance(ctx, response, case)


# The id that stands for every thing in the examples of the document.
EXAMPLE = "01938f3e-7b1c-7e61-9d0a-3f2f5a8b6c7d"
# What the id in a path names, by the beginning of the path; the first that fits.
NAMED = [
    (r"/(videos|audio/extract|audio/pipeline|jobs/video|jobs/\{job_type\}|notation/video)/", "video"),
    (r"/(audio|notation|models|uploads|webhooks)/\{id\}", None),
    (r"/jobs/\{id\}", "job"),
]


class World:
    """Things for requests to work on: what the document's example id and token stand for is made when it is first wanted
    and again when a request has removed it, so that more than refusals of made-up ids is read."""

    def __init__(self):
        self.lock = threading.Lock()
        self.made = {}
        self.seen = {}

    def call(self, method, path, **options):
        own = options.pop("headers", {})
        for _ in range(3):
            headers = {"Authorization": f"Bearer {Caller.shared()}", **own}
            answer = requests.request(method, BASE + path, headers=headers, timeout=60, **options)
            if answer.status_code != 401:
                break
            # A request in between ended the login.
            Caller.seen = 0.0
        return answer

    def get(self, kind):
        with self.lock:
            return self.ready(kind)

    def ready(self, kind):
        at = {"video": "/videos/", "audio": "/audio/", "notation": "/notation/", "models": "/models/", "job": "/jobs/",
              "uploads": "/uploads/", "webhooks": "/webhooks/", "token": "/shared/"}[kind]
        known = self.made.get(kind)
        if known and time.monotonic() - self.seen[kind] < TRUSTED_S:
            return known
        method = "HEAD" if kind == "uploads" else "GET"
        if not known or not self.call(method, at + known, headers={"Tus-Resumable": "1.0.0"}).ok:
            known = self.made[kind] = getattr(self, f"make_{kind}")()
        self.seen[kind] = time.monotonic()
        return known

    def make_video(self):
        with open(os.environ["RECORDING"], "rb") as file:
            sent = self.call("POST", "/videos/upload?process=true", files={"file": ("recording.mp4", file.read())})
        video = sent.json()["video"]["id"]
        for _ in range(300):
            if self.call("GET", f"/videos/{video}/processing-status").json()["notation_id"]:
                break
            time.sleep(0.2)
        for kind in ("audio", "notation", "token"):
            self.made.pop(kind, None)
        return video

    def make_audio(self):
        return self.call("GET", f"/audio/?video_id={self.ready('video')}").json()["audio_files"][0]["id"]

    def make_notation(self):
        return self.call("POST", "/notation/", json={"video_id": self.ready("video")}).json()["id"]

    def make_token(self):
        return self.call("POST", f"/videos/{self.ready('video')}/shares", json={}).json()["token"]

    def make_job(self):
        return self.call("GET", f"/jobs/?video_id={self.ready('video')}").json()["jobs"][0]["id"]

    def make_models(self):
        card = open("models/tcn/model.toml").read()
        card = re.sub(r'(?m)^version = ".*"', f'version = "contract-{next(numbers)}"', card, count=1)
        with open("models/tcn/model.onnx", "rb") as weights:
                return self.call("POST", "/models/", files={"card": card, "weights": weights.read()}).json()["id"]

    def make_uploads(self):
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Metadata": "filename Y2xpcC5tcDQ="}
        return self.call("POST", "/uploads", headers=headers).headers["Location"].rsplit("/", 1)[1]

    def make_webhooks(self):
        return self.call("POST", "/webhooks", json={"url": "https://example.com/backbeat"}).json()["id"]


WORLD = World()


def named(path):
    for pattern, kind in NAMED:
        if found := re.match(pattern, path):
            return kind or found[1]
    return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts things that are there in the place of the document's examples. A key that came before would be answered as then,
    whatever became of the thing since: each is made another one."""
    path = case.operation.path
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 200:
        case.headers["Idempotency-Key"] = f"{key}-{next(numbers)}"
    for name, value in (case.path_parameters or {}).items():
        if name == "token" and path.startswith("/shared/") and value == "text":
            case.path_parameters[name] = WORLD.get("token")
        elif value == EXAMPLE and (kind := named(path)) and name in ("id", "video_id"):
            case.path_parameters[name] = WORLD.get(kind)
    if isinstance(case.body, dict) and case.body.get("video_id") == EXAMPLE:
        case.body["video_id"] = WORLD.get("video")
