"""server.py - starts `baton serve`, waits until it takes commands, and asks it things."""
import asyncio
import http.client
import json
import os
import re
import socket

from .processes import StoryError, start, stop

# Who signs in on the pages: login, password, options of `baton account add`. For a laptop only.
ACCOUNTS = {
    "desk": ("bert", "bert-on-a-laptop", ("--role", "agent", "--agent", "bert")),
    "studio": ("ada", "ada-on-a-laptop", ("--role", "admin")),
    "wall": ("sue", "sue-on-a-laptop", ("--role", "supervisor")),
}
READY_SECONDS = 20
LOG_LINES = 15


def tokens_of(centre):
    """Role, or role and subject, to token: the centre's file holds them for the laptop."""
    found = {}
    for line in re.findall(r"\{([^}]*\btoken:[^}]*)\}", centre.read_text(encoding="utf-8")):
        members = dict(re.findall(r"(\w+):\s*([\w.-]+)", line))
        for key in (members["role"], members.get("subject", members["role"])):
            found.setdefault(key, members["token"])
    return found


def check_free(host, port):
    """A port that is taken is told before anything is started, with the cure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as why:
            raise StoryError(
                f"cannot listen on {host}:{port}: {why.strerror}\n"
                f"  Is it running already? End that one, or take another port:\n"
                f"    PORT={port + 1 if port else 8090} ./dev up") from None


class Server:
    """One `baton serve` and what is asked of it."""

    def __init__(self, baton, centre, data, listen):
        self.baton, self.centre, self.data = baton, centre, data
        host, _, port = listen.rpartition(":")
        self.listen, self.host, self.port = listen, host.strip("[]"), int(port)
        self.tokens = tokens_of(centre)
        self.log = data / "serve.log"
        self.process = None

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def __aenter__(self):
        check_free(self.host, self.port)
        self.data.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as log:
            self.process = await start(
                [self.baton, "serve", self.centre, "--data", self.data, "--listen", self.listen],
                stdout=log, stderr=log)
        try:
            await self._until_ready()
            for account in ACCOUNTS.values():
                await self._add_account(*account)
        except BaseException:
            await stop(self.process)
            raise
        return self

    async def __aexit__(self, *_):
        await stop(self.process)

    async def _add_account(self, login, password, options):
        """Somebody who signs in on a web page."""
        adds = await start(
            [self.baton, "account", "add", login, *options, "--data", self.data],
            stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        _, words = await adds.communicate(f"{password}\n".encode())
        if adds.returncode != 0:
            raise StoryError(f"baton account: {words.decode()}")

    async def _until_ready(self):
        for _ in range(READY_SECONDS * 20):
            if self.process.returncode is not None:
                raise StoryError(f"baton serve ended with exit code {self.process.returncode}:\n"
                                 + self.last_words())
            self.port = self.port or self._chosen_port()
            if self.port and (await self.get("/readyz"))[0] == 200:
                return
            await asyncio.sleep(0.05)
        raise StoryError(f"baton serve is not ready after {READY_SECONDS} s:\n" + self.last_words())

    def _chosen_port(self):
        """With port 0 the system chooses, and the server says what."""
        found = re.search(rb"http://[^\s\"/]*:(\d+)", self.log.read_bytes())
        return int(found.group(1)) if found else 0

    def last_words(self):
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join("    " + line for line in lines[-LOG_LINES:]) or "    (it wrote nothing)"

    async def get(self, path, role="supervisor"):
        return await self.ask("GET", path, None, role)

    async def ask(self, method, path, body, role="supervisor"):
        """Status and body, parsed if it is JSON; status 0 if nobody answers."""
        return await asyncio.get_running_loop().run_in_executor(
            None, self._ask, method, path, body, role)

    def _ask(self, method, path, body, role):
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    async def explain(self, session):
        """What `baton explain SESSION` prints."""
        process = await start([self.baton, "explain", "--url", self.url, session],
                              stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                              env={**os.environ, "BATON_TOKEN": self.tokens["supervisor"]})
        out, err = await process.communicate()
        if process.returncode != 0:
            raise StoryError(f"baton explain ended with {process.returncode}: {err.decode().strip()}")
        return out.decode()
