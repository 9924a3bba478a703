"""The page of one gateway."""

from importlib.metadata import version

from api.http.request_metrics import RequestMetrics
from api.metrics.gateway import gateway_families


def test_it_names_its_version_and_counts_its_processes() -> None:
    requests = RequestMetrics()
    requests.refused("bulk", "wait")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in gateway_families(requests)
        for sample in family.samples
    }
    assert found["mien_build_info", version("mien")] == 1
    assert found["mien_gateway_processes",] == 1
    assert found["mien_jobs_refused_total", "bulk", "wait"] == 1
    assert found["process_cpu_seconds_total",] > 0
