"""house.py - a server on the benchmark's centre, and what /proc says of it."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from server import Serving  # noqa: E402

MIB = 1 << 20
FLOOD_TOKEN = "bench-token-of-the-flood"


class House(Serving):
    """`baton serve` in @folder; through the entry point `aside` customers come
    for whom nobody is there."""

    def __init__(self, program, folder, visitor_rate=0, more=""):
        self.program = os.path.abspath(program)
        centre = pathlib.Path(folder, "centre.yaml")
        subprocess.run([self.program, "bench", "handover", "--write-centre", folder], check=True, stdout=subprocess.DEVNULL)
        text = centre.read_text(encoding="utf-8")
        for place, line in (("queues:\n", "  - { id: aside, skills: [Nobody] }\n"), ("bots:\n", "  - { id: absent }\n"),
                            ("entryPoints:\n", "  - { id: aside, bot: absent, fallback: aside, inviteTimeout: 1 }\n"),
                            ("skills: [", "Nobody, "), ("rates: { ", f"visitor: {visitor_rate}, "),
                            ("tokens:\n", f"  - {{ role: visitor, token: {FLOOD_TOKEN} }}\n")):
            text = text.replace(place, place + line, 1)
        centre.write_text(text + more, encoding="utf-8")
        super().__init__(self.program, centre, os.path.join(folder, "data"), os.path.join(folder, "log"))

    def handovers(self, *options):
        """What `baton bench handover` measures of it."""
        done = subprocess.run([self.program, "bench", "handover", "--url", self.url, "--json", *map(str, options)],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if not done.stdout.startswith("{"):
            sys.exit(f"the load ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
