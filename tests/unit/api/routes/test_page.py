"""The page and its files."""

from flask.testing import FlaskClient

from support.gateway import MakeApp


def test_the_page_allows_its_own_files_only(client: FlaskClient) -> None:
    response = client.get("/", buffered=True)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "<style" not in response.text
    assert client.get("/page/app.js", buffered=True).mimetype == "text/javascript"
    assert client.get("/page/../app.py").status_code == 404


def test_no_redirect_names_the_host_that_a_client_gave(client: FlaskClient) -> None:
    response = client.get("/page//app.js", headers={"Host": "127.0.0.9"})
    assert (response.status_code, "Location" in response.headers) == (404, False)


def test_the_notice_is_made_of_the_settings(make_app: MakeApp) -> None:
    app = make_app(notice="Ours.", purpose="A study.", faces_only=True, result_ttl_s=90)
    expected = {"text": "Ours.", "purpose": "A study.", "faces_only": True, "result_minutes": 2}
    assert app.test_client().get("/page/notice.json").get_json() == expected
