"""Pages of other origins."""

from support.gateway import MakeApp


def test_other_origins_are_allowed_by_setting_only(make_app: MakeApp) -> None:
    origin = {"Origin": "https://app.example"}
    closed = make_app().test_client().get("/ping", headers=origin)
    assert closed.status_code == 403
    assert "Access-Control-Allow-Origin" not in closed.headers
    client = make_app(require_keys=True, cors_origins="https://app.example").test_client()
    preflight = client.options("/v1/jobs", headers=origin | {"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    stranger = client.get("/ping", headers={"Origin": "https://evil.example"})
    assert stranger.get_json()["code"] == "cross_site"
    assert "Access-Control-Allow-Origin" not in stranger.headers
