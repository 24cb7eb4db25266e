#!/usr/bin/env python3
"""spin.py - Spin checks a model: assertions, deadlocks, and every ltl claim.

usage: spin.py MODEL.pml

Claims are checked under weak fairness: whoever can always act, some day does.
(Spin's reduction does not go with fairness where a model has rendezvous.)
A search that was cut short is a failure too.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MEGABYTES_MAX = 2000
CUT = re.compile(r"max search depth too small|out of memory|memory limit|search was not completed", re.I)


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}")
    return done.stdout


def verify(folder, what, flags, arguments):
    """True if the whole space was searched without an error."""
    run(folder, "gcc", "-O2", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES_MAX}", *flags, "pan.c", "-o", "pan")
    said = subprocess.run(["./pan", "-m2000000", *arguments], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\S+) states, stored", said)
    good = errors is not None and errors.group(1) == "0" and not CUT.search(said)
    print(f"{what}: {states.group(1) if states else '?'} states, {'holds' if good else 'FAILS'}")
    if not good:
        print(said)
        trail = list(pathlib.Path(folder).glob("*.trail"))
        if trail:
            print("\n".join(run(folder, "spin", "-t", "-p", "model.pml").splitlines()[-60:]))
    return good


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    model = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for source in model.parent.glob("*.pml"):
            (pathlib.Path(folder) / source.name).write_text(source.read_text())
        (pathlib.Path(folder) / "model.pml").write_text(model.read_text())
        run(folder, "spin", "-a", "model.pml")
        good = verify(folder, "assertions and deadlocks", ["-DSAFETY", "-DNOCLAIM"], [])
        source = model.read_text()
        # Spin's reduction and fairness do not go together with rendezvous.
        flags = ["-DNFAIR=4"] + (["-DNOREDUCE"] if re.search(r"\[\s*0\s*\]\s*of", source) else [])
        for claim in re.findall(r"^\s*ltl\s+(\w+)", source, re.M):
            good &= verify(folder, f"ltl {claim}", ["-DNFAIR=4", "-DNOREDUCE"], ["-a", "-f", "-N", claim])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
