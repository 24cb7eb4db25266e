#!/usr/bin/env python3
"""sbom.py - what is in the program: a bill of materials in CycloneDX 1.5.

usage: sbom.py PROGRAM [FILE]

The libraries that PROGRAM is linked with, as Debian packages, and the npm packages
that its pages are made of, out of web/package-lock.json. The same program gives
the same text: there is no date and no random number in it.
"""
import json
import os
import re
import subprocess
import sys
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WEB = os.path.join(ROOT, "web")


def say(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def linked_files(program):
    return sorted(set(re.findall(r"=> (/\S+)", say("ldd", program))))


def names_of(path):
    """dpkg knows a file by the path that it was installed under, which may lie before the merge of /usr."""
    real = os.path.realpath(path)
    return [path, real, real.removeprefix("/usr")]


def packages_of(paths):
    names = {name: path for path in paths for name in names_of(path)}
    found = subprocess.run(["dpkg", "-S", *names], check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    owners = {names[name]: package for package, name in re.findall(r"(?m)^(\S+): (\S+)$", found.stdout)}
    for path in paths:
        if path not in owners:
            sys.exit(f"sbom: no Debian package has {path}, with which the program is linked: build it with Debian's libraries")
    return sorted(set(owners.values()))


def quoted(text):
    return urllib.parse.quote(text, safe="")


def debian_components(packages):
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    for line in say("dpkg-query", "-W", "-f=" + form, *packages).splitlines():
        name, version, arch, source = line.split("\t")
        purl = f"pkg:deb/debian/{name}@{quoted(version)}?arch={arch}"
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
               "properties": [{"name": "debian:source", "value": source}]}


def npm_component(path, entry):
    name = path.rpartition("node_modules/")[2]
    purl = f"pkg:npm/{name.replace('@', '%40')}@{quoted(entry['version'])}"
    component = {"type": "library", "bom-ref": purl, "name": name, "version": entry["version"], "purl": purl}
    if "license" in entry:
        component["licenses"] = [{"license": {"id": entry["license"]}}]
    return component


def npm_components():
    """What the pages are built with, and is not in them, is marked `dev` in the lock file."""
    with open(os.path.join(WEB, "package-lock.json"), encoding="utf-8") as lock:
        packages = json.load(lock)["packages"]
    return [npm_component(path, entry) for path, entry in sorted(packages.items())
            if path and not path.startswith("node_modules/@types/")
            and not any(entry.get(mark) for mark in ("dev", "devOptional", "optional", "peer"))]


def bill(program):
    version = say(program, "version").split()[-1]
    itself = {"type": "application", "bom-ref": f"pkg:generic/baton@{version}", "name": "baton", "version": version,
              "licenses": [{"license": {"id": "Apache-2.0"}}]}
    components = [*debian_components(packages_of(linked_files(program))), *npm_components()]
    return {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5",
            "version": 1, "metadata": {"component": itself}, "components": components,
            "dependencies": [{"ref": itself["bom-ref"], "dependsOn": [c["bom-ref"] for c in components]}]}


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    text = json.dumps(bill(sys.argv[1]), indent=2, ensure_ascii=False) + "\n"
    if len(sys.argv) == 2:
        sys.stdout.write(text)
        return
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main()
