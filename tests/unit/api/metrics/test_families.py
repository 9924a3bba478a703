"""Families of samples, made of what is kept in Redis."""

from prometheus_client.parser import text_string_to_metric_families

from api.metrics.families import counter, gauge, page_of, shared
from contracts.metrics import JOB_WAIT, JOBS_BEGUN, METRICS, metric_key, observe


def test_a_histogram_is_put_together_from_its_parts() -> None:
    kept: dict[str, float] = {metric_key(JOBS_BEGUN, queue="bulk"): 4}
    for seconds in (0.3, 7.0, 7.0):
        observe(kept, JOB_WAIT, seconds, queue="bulk")
    observe(kept, JOB_WAIT, 0.3, queue="interactive")
    families = {family.name: family for family in text_string_to_metric_families(page_of(shared(kept)).decode())}
    assert {sample.labels["queue"]: sample.value for sample in families["mien_jobs_begun"].samples} == {
        "bulk": 4,
        "interactive": 0,
    }, "a counter is there before it counts, so that its first increase is seen"
    waits = families[JOB_WAIT]
    assert (waits.type, waits.documentation) == ("histogram", METRICS[JOB_WAIT].help)
    bulk = {
        (sample.name.removeprefix(JOB_WAIT), sample.labels.get("le")): sample.value
        for sample in waits.samples
        if sample.labels["queue"] == "bulk"
    }
    assert (bulk["_bucket", "0.25"], bulk["_bucket", "0.5"], bulk["_bucket", "10.0"]) == (0, 1, 3)
    assert (bulk["_bucket", "+Inf"], bulk["_count", None], bulk["_sum", None]) == (3, 3, 14.3)


def test_what_another_version_has_counted_is_left_out() -> None:
    kept = {
        "mien_of_tomorrow_total": 1.0,
        metric_key(JOBS_BEGUN, lane="bulk"): 2,
        'mien_http_requests_total{method="GET",route="/",status="200"}': 3,
    }
    assert page_of(shared(kept)) == page_of(shared({}))


def test_values_are_given_by_the_order_of_the_labels() -> None:
    page = page_of([gauge("mien_camera_state", (("hall", "live"), True)), counter(JOBS_BEGUN, (("bulk",), 2))])
    assert b'mien_camera_state{camera="hall",state="live"} 1.0' in page
    assert b'mien_jobs_begun_total{queue="bulk"} 2.0' in page
