#!/usr/bin/env python3
"""exchange_bot.py - the bot of ../node/exchange-bot.js, with Python's standard library.

Answers what it is told over the custom exchange of NICE CXone; "person" hands over to one, "bye" ends the contact. In
the centre's file: bots: [{ id: shop, type: exchange, url: "http://127.0.0.1:8090/exchange" }]
"""
import argparse
import json
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INPUTS = ("NO_INPUT", "TEXT", "BASE64_ENCODED_G711_ULAW_WAV_FILE", "USER_INPUT_ARCHIVED_AS_SPECIFIED",
          "USER_ENDED_SESSION", "AUTOMATED_TEXT", "DTMF_AS_TEXT")


def input_type(request):
    """By its name: numbers and names are both in use."""
    given = request.get("userInputType")
    return INPUTS[given] if isinstance(given, int) and 0 <= given < len(INPUTS) else given


def answer(request):
    """All that the bot knows of the session comes with the request: what it said last is in botSessionState."""
    turn = (request.get("botSessionState") or {}).get("turn", 0) + 1
    text = request.get("userInput") or ""

    def say(branch, prompt="", **more):
        return {"branchName": branch,
                "nextPromptSequence": {"prompts": [{"transcript": prompt}] if prompt else []},
                "nextPromptBehaviors": {"silenceRules": {"engageComfortSequence": False,
                                                         "millisecondsToWaitForUserResponse": 60000}},
                "botSessionState": {"turn": turn}, **more}

    kind = input_type(request)
    if kind == "AUTOMATED_TEXT":
        return say("PromptAndCollectNextResponse", "Hello! I am the exchange bot.")
    if kind == "NO_INPUT":
        return say("UserInputTimeout", "Are you still there?")
    if kind == "USER_ENDED_SESSION":
        return say("EndContact")
    if re.search("person", text, re.IGNORECASE):
        return say("ReturnControlToScript", "A colleague comes.",
                   intentInfo={"intent": "person", "intentConfidence": 1, "lastUserUtterance": text},
                   customPayload={"topic": "billing", "turns": turn})
    if re.search(r"\bbye\b", text, re.IGNORECASE):
        return say("EndContact", "Goodbye!")
    return say("PromptAndCollectNextResponse", f'Turn {turn}: you said "{text}".')


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    authorization = None

    def send(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.authorization and self.headers.get("Authorization") != self.authorization:
            self.send(401, {"message": "the header Authorization is another"})
            return
        try:
            told = json.loads(body)
            print(f"{told['executionInfo']['contactId']}: {told['userInput']}", flush=True)
            self.send(200, answer(told))
        except (ValueError, KeyError, TypeError) as error:
            self.send(400, {"message": f"no request of a custom exchange: {error}"})

    def log_message(self, *_):
        """The turns are printed already."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--authorization", help="what the header Authorization must be")
    options = parser.parse_args()
    Handler.authorization = options.authorization
    try:
        server = ThreadingHTTPServer((options.host, options.port), Handler)
    except OSError as error:
        sys.exit(f"exchange_bot.py: cannot listen at {options.host}:{options.port}: {error}")
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening at http://{options.host}:{server.server_address[1]}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
