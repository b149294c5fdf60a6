"""The conversation with the test: a task comes in as a line of JSON, wishes go out and are answered (see
script.rs)."""

import json
import sys


def _hear():
    line = sys.stdin.readline()
    if not line:
        raise RuntimeError("the test has gone")
    return json.loads(line)


def _say(wish):
    print(json.dumps(wish), flush=True)


#: What there is to do.
TASK = _hear()


def allow(url):
    """Lets the end-user open `url`, sign in and allow; gives back the authorization response."""
    _say({"open": url})
    return _hear()


def deny(url):
    """Lets the end-user open `url`, sign in and deny; gives back the authorization response."""
    _say({"deny": url})
    return _hear()


def report(facts):
    """What came out."""
    _say({"report": facts})
