"""What a gateway counts of its own."""

import itertools

import pytest

from api.http.request_metrics import RequestMetrics

Found = dict[tuple[str, *tuple[tuple[str, str], ...]], float]


def found(metrics: RequestMetrics) -> Found:
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in metrics.collect()
        for sample in family.samples
    }


def test_requests_and_their_time_are_counted_by_route_and_methods_that_are_made_up_together() -> None:
    metrics = RequestMetrics()
    for method, seconds in (("GET", 0.1), ("GET", 0.3), ("BREW", 0.2), ("STIR", 0.2)):
        metrics.add(method, "/ping", 200, seconds)
    counted = found(metrics)
    get, other = (("method", "GET"), ("route", "/ping")), (("method", "other"), ("route", "/ping"))
    assert counted["mien_http_requests_total", *get, ("status", "200")] == 2
    assert counted["mien_http_requests_total", *other, ("status", "200")] == 2
    assert counted["mien_http_request_duration_seconds_count", *get] == 2
    assert counted["mien_http_request_duration_seconds_bucket", ("le", "0.1"), *get] == 1
    assert counted["mien_http_request_duration_seconds_sum", *get] == pytest.approx(0.4, abs=4e-6)


def test_the_sum_of_times_is_the_same_in_whichever_order_they_are_added() -> None:
    sums = set[float]()
    for order in itertools.permutations((0.1, 0.2, 0.3, 1e-3, 1e4 / 3)):
        metrics = RequestMetrics()
        for seconds in order:
            metrics.add("GET", "/ping", 200, seconds)
        sums.add(found(metrics)["mien_http_request_duration_seconds_sum", ("method", "GET"), ("route", "/ping")])
    assert len(sums) == 1, "one that is lower by its last digit than the scrape before counts as begun anew"


def test_a_camera_that_nobody_looks_at_any_more_is_left_out() -> None:
    metrics = RequestMetrics()
    metrics.now(waiting=3, senders=1, viewers={"hall": 2, "door": 1})
    metrics.now(waiting=0, senders=1, viewers={"door": 4})
    counted = found(metrics)
    assert counted["mien_viewers", ("camera", "door")] == 4
    assert ("mien_viewers", ("camera", "hall")) not in counted
    assert (counted["mien_jobs_waited_for",], counted["mien_senders",]) == (0, 1)


def test_two_gateways_in_one_process_count_for_themselves() -> None:
    one, other = RequestMetrics(), RequestMetrics()
    one.accepted("bulk", 3)
    assert found(one)["mien_images_accepted_total", ("queue", "bulk")] == 3
    assert found(other)["mien_images_accepted_total", ("queue", "bulk")] == 0
