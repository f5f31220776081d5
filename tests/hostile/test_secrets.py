"""What nobody may read: looked for in everything that a deployment writes and answers."""

import httpx

from tests.hostile.conftest import Target
from tests.hostile.pictures import saved

WRONG_PASSWORD = "mistyped-but-nearly-right"


def test_no_secret_is_in_logs_answers_or_reports(target: Target) -> None:
    token = target.client.http.headers["Authorization"].removeprefix("Bearer ")
    secrets = (token, (target.folder / "secret_key").read_text(), WRONG_PASSWORD)
    image = target.client.upload(saved("PNG"), "a.png").json()
    target.client.wait(image["id"])
    said = [
        target.manage("doctor"),
        target.client.http.get(f"/api/v1/images/{image['id']}/events/").text,
        *(target.client.http.get(path).text for path in ("/metrics", "/readyz", "/nothing/")),
        target.client.http.get("/api/v1/nothing/").text,
        target.client.http.get("/api/v1/images/", params={"cursor": token}).text,
        _signed_in_wrongly(target),
        target.process.log_path.read_text(errors="replace"),
    ]
    assert all(said)
    assert [text for text in said if any(secret in text for secret in secrets)] == []
    for path in target.folder.glob("darkroom.sqlite3*"):
        assert token.encode() not in path.read_bytes()
    target.empty()


def _signed_in_wrongly(target: Target) -> str:
    with httpx.Client(base_url=target.client.http.base_url) as browser:
        browser.get("/sign-in/")
        typed = {"username": "demo", "password": WRONG_PASSWORD}
        typed["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        response = browser.post("/sign-in/", data=typed)
    assert response.status_code == 200
    return response.text
