"""Prometheus' rules as the object that its operator for Kubernetes reads: ``python -m support.prometheus_rule``.

`make kubernetes-rules` runs it after a change of ``deploy/prometheus/rules/``, which stay the one place to change.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules"
FILE = ROOT / "deploy/kubernetes/components/monitoring/prometheusrule.yaml"
_HEAD = "# Written by `make kubernetes-rules` from deploy/prometheus/rules/: change them there.\n"


def written() -> str:
    """What the file has to hold: the groups of all files of rules, in the order of their names."""
    files = sorted(RULES.glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "mien"},
        "spec": {"groups": groups},
    }
    return _HEAD + yaml.safe_dump(rule, sort_keys=False, width=120, allow_unicode=True)


def main() -> int:
    """Write the file. Returns the exit status."""
    FILE.write_text(written(), encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
