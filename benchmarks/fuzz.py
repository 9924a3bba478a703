"""Thousands of requests that follow from the description of the interface, and as many that break it (schemathesis).

    python -m benchmarks.fuzz [--max-examples 300] [--seed 1]

Against a private system with a worker, all checks on. Fails on an answer that `/openapi.json` does not describe, and on
any server error. `make fuzz` runs it; the tests have a small version.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.system import ROOT, running_system

CONFIG = ROOT / "tests/integration/schemathesis.toml"


def main() -> int:
    """Run it. Returns schemathesis' exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--max-examples", default="300", help="an operation; default: %(default)s")
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    program = str(Path(sys.executable).with_name("schemathesis"))
    with running_system(max_wait_s=0.1) as system:
        command = [program, "--config-file", str(CONFIG), "run", f"{system.address}/openapi.json"]
        command += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", arguments.max_examples]
        command += ["--seed", arguments.seed, "--exclude-path", "/video_feed"]  # it has no end
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
