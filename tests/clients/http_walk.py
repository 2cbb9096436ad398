"""Walks a Zaqar server with python-zaqarclient, and checks what it is told.

    http_walk.py http://127.0.0.1:8888

The server needs DEFAULT.admin_mode and signed_url.secret_key set; see `check` beside this file. Each step prints its
name; the first thing that is not as the client's users expect ends the walk with exit status 1.
"""

import http.server
import json
import sys
import threading
import uuid

import requests
from zaqarclient.queues import client
from zaqarclient.transport import errors

URL = sys.argv[1]
PROJECT = f"walk-{uuid.uuid4().hex[:8]}"


def conf(**more):
    options = {"os_auth_token": "none", "os_auth_url": "none", "os_project_id": PROJECT,
               "os_project_name": PROJECT, "os_service_type": "messaging", "insecure": "", **more}
    return {"auth_opts": {"backend": "noauth", "options": options}}


zaqar = client.Client(URL, conf=conf(), version=2)


def step(function):
    function()
    print(f"ok  {function.__name__.replace('_', ' ')}", flush=True)


def fails(error, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except error:
        return
    raise AssertionError(f"{call.__qualname__} should have raised {error.__name__}")


def bodies(messages):
    return [message.body for message in messages]


@step
def ping_and_home_document():
    assert zaqar.ping() is True
    document = zaqar.homedoc()
    assert "rel/queues" in document["resources"], document


@step
def queues():
    names = [f"queue-{number:02}" for number in range(25)]
    for name in reversed(names):
        zaqar.queue(name, force_create=True)
    listed, _ = zaqar.queues(limit=10)
    assert [queue.name for queue in listed.stream()] == names, "the pages of a list follow each other in order"
    _, count = zaqar.queues(with_count=True)
    assert count == 25, count
    for name in names:
        zaqar.queue(name, auto_create=False).delete()
    listed, _ = zaqar.queues()
    assert list(listed) == []


@step
def metadata():
    queue = zaqar.queue("settings", force_create=True)
    policy = {"retries_with_no_delay": 1, "minimum_delay": 5, "maximum_delay": 30}
    queue.metadata(new_meta={"_retry_policy": policy, "_default_message_ttl": 600, "colour": "blue"})
    stored = queue.metadata(force_reload=True)
    assert stored["_retry_policy"] == policy and stored["colour"] == "blue", stored
    assert stored["_default_message_ttl"] == 600, stored
    fails(errors.MalformedRequest, queue.metadata, new_meta={"_retry_policy": {"minimum_delay": 50}})
    queue.delete()


@step
def messages():
    queue = zaqar.queue("letters", force_create=True)
    queue.post([{"ttl": 300, "body": {"n": number}} for number in range(15)])
    assert bodies(queue.messages(limit=5, echo=True).stream()) == [{"n": number} for number in range(15)]
    assert bodies(queue.messages()) == [], "without echo a client does not see its own messages"
    other = client.Client(URL, conf=conf(), version=2).queue("letters", auto_create=False)
    assert len(bodies(other.messages(limit=20))) == 15
    first, second, *_ = queue.messages(echo=True)
    assert queue.message(first.id).body == first.body
    assert bodies(queue.messages(first.id, second.id)) == [{"n": 0}, {"n": 1}]
    first.delete()
    fails(errors.ResourceNotFound, queue.message, first.id)
    queue.delete_messages(second.id)
    assert bodies(queue.pop(3)) == [{"n": 2}, {"n": 3}, {"n": 4}]
    stats = queue.stats["messages"]
    assert (stats["total"], stats["free"], stats["claimed"]) == (10, 10, 0), stats
    queue.purge()
    assert queue.stats["messages"]["total"] == 0
    queue.delete()


@step
def claims():
    queue = zaqar.queue("work", force_create=True)
    queue.post([{"ttl": 300, "body": number} for number in range(5)])
    claim = queue.claim(ttl=120, grace=60, limit=3)
    taken = list(claim)
    assert [message.body for message in taken] == [0, 1, 2]
    assert queue.stats["messages"]["claimed"] == 3
    assert bodies(queue.claim(ttl=120, grace=60)) == [3, 4], "what is claimed is not claimed again"
    assert bodies(queue.claim(ttl=120, grace=60)) == []
    claim.update(ttl=300, grace=60)
    assert queue.claim(id=claim.id).ttl == 300
    bare = queue.message(taken[0].id)
    taken[0].delete()
    fails(errors.ResourceNotFound, queue.message, bare.id)
    claim.delete()
    assert bodies(queue.claim(ttl=60, grace=60, limit=2)) == [1, 2], "a released message is free again"
    queue.delete()


@step
def subscriptions():
    received, arrived = [], threading.Event()

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_):
            pass

    hook = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    queue = zaqar.queue("news", force_create=True)
    address = f"http://127.0.0.1:{hook.server_port}/hook"
    subscription = zaqar.subscription("news", subscriber=address, ttl=600)
    assert subscription.id and subscription.ttl == 600 and subscription.confirmed is False
    queue.post({"ttl": 300, "body": "hello"})
    assert arrived.wait(10), "the subscriber is notified"
    assert received == [{"ttl": 300, "body": "hello", "Message_Type": "Notification", "queue_name": "news"}], received
    subscription.update({"ttl": 1000, "options": {"_retry_policy": {"retries_with_no_delay": 2}}})
    again = zaqar.subscription("news", id=subscription.id)
    assert again.ttl == 1000 and again.options["_retry_policy"] == {"retries_with_no_delay": 2}
    for number in range(12):
        zaqar.subscription("news", subscriber=f"http://127.0.0.1:1/{number}", ttl=600)
    assert len(list(zaqar.subscriptions("news", limit=5).stream())) == 13, "the pages of a list follow each other"
    fails(errors.MalformedRequest, zaqar.subscription, "news", subscriber="ftp://127.0.0.1/")
    subscription.delete()
    fails(errors.ResourceNotFound, zaqar.subscription, "news", id=subscription.id)
    queue.delete()
    hook.shutdown()


@step
def signed_urls():
    queue = zaqar.queue("shared", force_create=True)
    queue.post({"ttl": 300, "body": "for everyone"})
    url = queue.signed_url(paths=["messages"], ttl_seconds=600, methods=["GET", "POST"])
    auth = {"backend": "signed-url", "options": {**url, "os_project_id": url["project"]}}
    guest = client.Client(URL, conf={"auth_opts": auth}, version=2).queue("shared", auto_create=False)
    assert bodies(guest.messages()) == ["for everyone"]
    guest.post({"ttl": 300, "body": "thanks"})
    assert bodies(queue.messages()) == ["thanks"]
    fails(errors.ResourceNotFound, guest.claim, ttl=60, grace=60)
    queue.delete()


@step
def health():
    headers = {"client-id": str(uuid.uuid4()), "x-project-id": PROJECT, "x-roles": "admin"}
    report = requests.get(f"{URL}/v2/health", headers=headers, timeout=10).json()
    assert report["storage_reachable"] is True, report
    assert all(operation["succeeded"] for operation in report["operation_status"].values()), report


@step
def projects_apart():
    zaqar.queue("mine", force_create=True).post({"ttl": 300, "body": 1})
    stranger = client.Client(URL, conf=conf(os_project_id=f"{PROJECT}-other"), version=2)
    assert list(stranger.queues()[0]) == []
    assert bodies(stranger.queue("mine", auto_create=False).messages(echo=True)) == []
