import re

import pytest
from django.test import Client

from storage.models import Image
from storage.statuses import RunStatus, StageStatus
from tests.uploads.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local_stores")]

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def test_pages_speak_the_language_that_the_browser_asks_for(client: Client) -> None:
    page = client.get("/upload/", headers=CHINESE)
    assert '<html lang="zh-hans"' in page.content.decode()
    assert "上传图片" in text_of(page)
    assert "Upload pictures" in text_of(client.get("/upload/", headers={"Accept-Language": "fr"}))


def test_a_language_that_was_chosen_stays(client: Client) -> None:
    response = client.post("/language/", {"language": "zh-hans", "next": "/upload/"})
    assert (response.status_code, response["Location"]) == (302, "/upload/")
    assert "上传图片" in text_of(client.get("/upload/"))
    client.post("/language/", {"language": "en", "next": "/"})
    assert "Upload pictures" in text_of(client.get("/upload/", headers=CHINESE))


def test_the_switch_leads_nowhere_else(client: Client) -> None:
    response = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})
    assert response["Location"] == "/"


def test_every_page_offers_both_languages_in_their_own_words(client: Client) -> None:
    for page in (client.get("/"), client.get("/upload/"), Client().get("/sign-in/")):
        assert re.search("English 简体中文$", text_of(page))


def test_a_failure_is_told_in_the_language_of_the_reader(image: Image, client: Client) -> None:
    Image.objects.update(status=RunStatus.FAILED)
    run = image.runs.get()
    run.stages.filter(name="resize").update(
        status=StageStatus.FAILED,
        error_code="truncated_image",
        error_detail="The file ends at byte 1234.",
    )
    address = f"/images/{image.id}/"
    assert "The file ends at byte 1234." in text_of(client.get(address))
    assert "文件不完整" in text_of(client.get(address, headers=CHINESE))


def test_what_programs_and_caches_read_has_one_language(image: Image, client: Client) -> None:
    for address in (f"/api/v1/images/{image.id}/", f"/media/originals/{image.id}/"):
        response = client.get(address, headers=CHINESE)
        assert response.status_code == 200
        assert "Content-Language" not in response
        assert "Accept-Language" not in response.get("Vary", "")
    problem = client.get("/api/v1/images/?status=nonsense", headers=CHINESE).content.decode()
    assert problem.isascii()
