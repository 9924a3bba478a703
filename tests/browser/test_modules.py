"""Modules of the page that need no video, as they are served: labels beside faces, numbers, timelines, CSV."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from support.processes import StartGateway

pytestmark = pytest.mark.browser

PLACES = """async () => {
  const { place } = await import("/page/people/boxes.js");
  const canvas = { width: 640, height: 480 };
  const label = { w: 120, h: 24 };
  const face = (x, y) => ({ x, y, w: 100, h: 100 });
  const covers = (spot, other) =>
    Math.min(spot.x + spot.w, other.x + other.w) > Math.max(spot.x, other.x) + 1 &&
    Math.min(spot.y + spot.h, other.y + other.h) > Math.max(spot.y, other.y) + 1;
  const crowds = [
    [face(200, 200)],                               // room above
    [face(200, 0)],                                 // at the upper edge
    [face(540, 0), face(430, 0)],                   // in a corner, with another one beside
    [face(200, 190), face(200, 80)],                // one face right above the other
    [face(200, 190), face(200, 80), face(200, 300)],
    [face(0, 380), face(0, 270), face(110, 380)],
  ];
  return crowds.map((faces) => {
    const spot = place(label, faces[0], faces, canvas);
    const inside = spot.x >= 0 && spot.y >= 0 && spot.x + spot.w <= 640 && spot.y + spot.h <= 480;
    return inside && !faces.some((other) => covers(spot, other));
  });
}"""
NUMBERS = """async () => {
  const { identity, Numbers } = await import("/page/people/numbers.js");
  const numbers = new Numbers(1000);
  const seen = [[1, 7, 0], [1, 9, 0], [1, 7, 500], [1, 11, 900], [1, 12, 1200], [2, 7, 1400]];
  return seen.map(([epoch, track, at]) => numbers.of(identity({ epoch }, { track }), at));
}"""
COLUMNS = """async () => {
  const { columns } = await import("/page/camera/timeline.js");
  const row = (at) => ({ at, scores: { Happy: 0.5 } });
  const [times, angry, , , happy] = columns([row(10_000), row(10_010), row(10_200), row(15_000)], 100);
  return { times, angry, happy };
}"""
SPANS = """async () => {
  const { spans } = await import("/page/camera/lanes.js");
  const row = (at, number, emotion) => ({ at, number, emotion });
  const rows = [row(0, 1, "Happy"), row(100, 2, "Sad"), row(1000, 1, "Happy"), row(1200, 1, "Sad"), row(9e3, 1, "Sad")];
  return spans(rows)
    .map(({ number, emotion, since, until }) => `${number} ${emotion} ${since}-${until}`);
}"""
CSV = """async () => {
  const { toCsv } = await import("/page/camera/csv.js");
  const box = { x: 1, y: 2, width: 3, height: 4 };
  const read = { emotion: "Happy", confidence: 0.912345, scores: { Happy: 0.9 }, quality: ["small", "dark"] };
  return toCsv([{ at: 0, camera: 'a,"b', sequence: 5, number: 1, track: 8, box, model: "m", labels: null, ...read }]);
}"""
DOUBTS = """async () => {
  const { doubts } = await import("/page/people/quality.js");
  return [doubts({ quality: ["small", "turned", "unheard_of"] }), doubts({ quality: [] }), doubts({})];
}"""


@pytest.fixture
def page(browser: Browser, start_gateway: StartGateway) -> Iterator[Page]:
    _, port = start_gateway()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/docs")
    yield page
    page.close()


def test_what_is_computed_in_the_page(page: Page) -> None:
    assert page.evaluate(PLACES) == [True] * 6, "labels stay in the picture, and lie on no face"
    assert page.evaluate(NUMBERS) == [1, 2, 1, 3, 2, 4], "free once its owner is long away; not another start's"
    drawn = page.evaluate(COLUMNS)
    assert drawn["times"] == [10, 10.2, 10.201, 15], "at most a row in 100 ms, and one for the gap"
    assert drawn["happy"] == [0.5, 0.5, None, 0.5]
    assert drawn["angry"] == [None] * 4
    assert page.evaluate(SPANS) == ["1 Happy 0-1200", "2 Sad 100-100", "1 Sad 1200-1200", "1 Sad 9000-9000"]
    head, row, end = page.evaluate(CSV).split("\r\n")
    assert head.startswith("time_utc,camera,epoch,sequence,person,track,emotion,confidence,angry,")
    assert row.startswith('1970-01-01T00:00:00.000Z,"a,""b",,5,1,8,Happy,0.9123,')
    assert row.count(",") == head.count(",") + 1, "the comma of the name is quoted"
    assert end == ""
    assert page.evaluate(DOUBTS) == ["Less sure: the face is small, it is turned away.", "", ""]
