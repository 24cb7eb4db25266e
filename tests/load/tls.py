#!/usr/bin/env python3
"""tls.py - what testssl.sh has against the server's TLS.

usage: tls.py BATON [--weak]

Counts the findings of medium severity and above. --weak is the control: a server
of OpenSSL's that speaks TLS 1.0 with old ciphers.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from house import House

IDENTITY = pathlib.Path(__file__).resolve().parents[1] / "scenario/support/outside.pem"
GRAVE = ("MEDIUM", "HIGH", "CRITICAL")
# What is said of a certificate that only this test believes is not about the
# protocol; and what is sent compressed, the pages, is the same for everybody.
NOT_OURS = ("BREACH", "cert_", "DNS_CAArecord", "HSTS", "security_headers", "overall_grade", "grade_", "final_score")
SETTLE_S, WEAK_PORT = 1, 18443


def findings(address, folder):
    said = os.path.join(folder, "findings.json")
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "one", "--protocols", "--server-defaults", "--fs",
                    "--server-preference", "--vulnerable", "--cipher-per-proto", "--jsonfile", said, address],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    with open(said, encoding="utf-8") as text:
        entries = json.load(text)
    if len(entries) < 20:
        sys.exit(f"testssl looked at {len(entries)} things alone")
    grave = [e for e in entries if e["severity"] in GRAVE and not e["id"].startswith(NOT_OURS)]
    return len(entries), grave


def weak_server(folder):
    return subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{WEAK_PORT}", "-cert", IDENTITY, "-key", IDENTITY, "-tls1", "-www",
                             "-cipher", "ALL:@SECLEVEL=0"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("--weak", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton_tls.") as folder:
        if options.weak:
            with weak_server(folder) as server:
                time.sleep(SETTLE_S)
                looked_at, grave = findings(f"127.0.0.1:{WEAK_PORT}", folder)
                server.terminate()
        else:
            with House(options.program, folder, more=f"tls: {{ certificate: {IDENTITY}, key: {IDENTITY} }}\n") as house:
                looked_at, grave = findings(f"127.0.0.1:{house.port}", folder)
    for entry in grave:
        print(f"{entry['severity']} {entry['id']}: {entry['finding']}")
    print(f"{looked_at} things looked at, {len(grave)} findings of medium or above")
    return (0 if grave else 1) if options.weak else (1 if grave else 0)


if __name__ == "__main__":
    sys.exit(main())
