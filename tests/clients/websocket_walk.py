"""Walks a Zaqar server with the websocket transport of python-zaqarclient: websocket_walk.py ws://127.0.0.1:9000"""

import json
import sys
import uuid

import websocket
from zaqarclient.transport import errors, request, ws

ENDPOINT = sys.argv[1]
PROJECT = f"walk-{uuid.uuid4().hex[:8]}"
CONF = {"auth_opts": {"backend": "keystone", "options": {"os_auth_token": "none", "os_project_id": PROJECT}}}


class WithoutKeystone(ws.WebsocketTransport):
    """The client always asks to be authenticated first, which a server without Keystone does not know."""

    def _init_client(self, endpoint):
        self._websocket_client_id = str(uuid.uuid4())
        self._ws = self._create_connection(endpoint)


def ask(transport, operation, **body):
    return transport.send(request.Request(ENDPOINT, operation, content=json.dumps(body)))


with WithoutKeystone(CONF) as transport:
    assert ask(transport, "queue_create", queue_name="talk").status_code == 201
    ask(transport, "subscription_create", queue_name="talk", ttl=600)
    posted = ask(transport, "message_post", queue_name="talk", messages=[{"ttl": 300, "body": "hello"}])
    assert len(json.loads(posted.content)["message_ids"]) == 1, posted.content
    notification = transport.recv()
    assert (notification["body"], notification["queue_name"]) == ("hello", "talk"), notification
    print("ok  a connection is notified")
    claimed = json.loads(ask(transport, "claim_create", queue_name="talk", ttl=60, grace=60).content)
    assert [message["body"] for message in claimed["messages"]] == ["hello"], claimed
    print("ok  claim")
    try:
        ask(transport, "message_get", queue_name="talk", message_id="none")
        raise AssertionError("there is no such message")
    except errors.ResourceNotFound:
        print("ok  what is not there is not found")
    assert ask(transport, "queue_delete", queue_name="talk").status_code == 204

# A bare client, to see what a frame that is no request is answered.
bare = websocket.create_connection(ENDPOINT, timeout=10)
bare.send("{")
assert json.loads(bare.recv())["headers"]["status"] == 400
bare.close()
print("ok  what is no request is refused")
