"""Who calls while schemathesis reads the contract: an admin, or an account of its own where a call ends the caller's login.

The contract lets an admin lose their login (a changed password, a lost role); then another one is made at the machine.
"""

import itertools
import os
import subprocess
import threading
import time

import requests
import schemathesis

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
        with lock:
            return self.admin()

    def admin(self):
        if self.token and time.monotonic() - self.seen < TRUSTED_S:
            return self.token
        for email in ("admin@example.com", None):
            if self.token:
                who = requests.get(f"{BASE}/users/me", headers={"Authorization": f"Bearer {self.token}"}, timeout=30)
                if who.ok and any(role["name"] == "admin" for role in who.json()["roles"]):
                    break
            self.token = log_in(email or make("--admin"))
        self.seen = time.monotonic()
        return self.token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_an_upload(context, value):
    """The bytes of a resumable upload go as they are; schemathesis knows no such media type."""
    return value if isinstance(value, bytes) else str(value).encode()
