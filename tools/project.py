"""project.py - which files belong to the project, for the checks beside it."""
import fnmatch
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_OURS = {".git", "build", "data", "node_modules", "__pycache__"}


def _walk():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in NOT_OURS]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def files(*patterns):
    """Paths from the root, sorted; what git would track, or everything in a
    tree without git. Patterns match the name only."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else _walk()
    wanted = (n for n in names if not patterns or any(fnmatch.fnmatch(os.path.basename(n), p) for p in patterns))
    return sorted(n for n in wanted if (ROOT / n).is_file())
