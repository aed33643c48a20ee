"""The languages of the booking page: their catalogs, and the choice for a visitor."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any, get_args

import pytest

from cronofy_async.models import Locale
from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.pages.languages import choose, language, tags

from ..support import NOW, create
from .visitor import Visitor

CATALOGS: dict[str, Any] = {
    tag: json.loads(files("cronofy_async.sandbox.pages").joinpath("locales", f"{tag}.json").read_text("utf-8"))
    for tag in tags()
}
ENGLISH = CATALOGS["en"]["texts"]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_all_documented_languages_are_available() -> None:
    assert set(tags()) == set(get_args(get_args(Locale)[0]))


@pytest.mark.parametrize("tag", CATALOGS)
def test_a_catalog_is_complete(tag: str) -> None:
    catalog = CATALOGS[tag]
    assert set(catalog) == {"cldr", "texts"}
    assert list(catalog["texts"]) == list(ENGLISH)
    for key, english in ENGLISH.items():
        text = catalog["texts"][key]
        assert type(text) is type(english), key
        if isinstance(text, str):
            assert placeholders(text) == placeholders(english), key
            assert text == text.strip() != ""
        else:
            assert placeholders(text["other"]) == placeholders(english["other"]), key
            assert all(placeholders(form) <= placeholders(english["other"]) for form in text.values())


@pytest.mark.parametrize("tag", CATALOGS)
def test_a_catalog_has_the_plural_forms_of_its_language(tag: str) -> None:
    catalog = CATALOGS[tag]
    categories = {*language(tag).locale.plural_form.tags, "other"}

    for text in catalog["texts"].values():
        if not isinstance(text, str):
            assert set(text) == categories
    lang = language(tag)
    for count in (0, 1, 2, 3, 5, 11, 21, 100, 1_000_000):
        assert lang.text("times", count=count)


@pytest.mark.parametrize(
    ("tag", "count", "text"),
    [
        ("en", 1, "1 time"),
        ("en", 0, "0 times"),
        ("ar", 0, "لا مواعيد"),
        ("ar", 2, "موعدان"),
        ("ar", 3, "3 مواعيد"),
        ("ar", 11, "11 موعدًا"),
        ("pl", 2, "2 terminy"),
        ("pl", 5, "5 terminów"),
        ("ru", 21, "21 вариант"),
        ("ru", 24, "24 варианта"),
        ("he", 2, "שני מועדים"),
        ("ja", 7, "7件"),
    ],
)
def test_plurals_follow_the_rules_of_the_language(tag: str, count: int, text: str) -> None:
    assert language(tag).text("times", count=count) == text


def test_no_text_is_left_in_english() -> None:
    same = {
        (tag, key)
        for tag, catalog in CATALOGS.items()
        for key, text in catalog["texts"].items()
        if tag != "en" and text == ENGLISH[key]
    }

    assert same == {("de", "sandbox"), ("nl", "sandbox"), ("nl", "later")}


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-BE", "fr"),
        ("fr-CA,fr;q=0.5", "fr-CA"),
        ("FR_ca", "fr-CA"),
        ("pt", "pt-BR"),
        ("pt-PT,en;q=0.9", "pt-BR"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("iw", "he"),
        ("en-GB,de", "en"),
        ("xx,yy;q=0.9,sv;q=0.1", "sv"),
        ("it;q=0.2, ja;q=0.9", "ja"),
        ("it;q=0, ja;q=0.1", "ja"),
        ("*", "en"),
        ("xx;q=a;;,=,de", "de"),
        ("<script>", "en"),
        ("-", "en"),
        ("a," * 5_000 + "de", "de"),
    ],
)
def test_the_page_uses_the_language_of_the_browser(accepted: str, tag: str) -> None:
    assert choose(None, accepted).tag == tag


@pytest.mark.parametrize(
    ("forced", "tag"),
    [
        ("de", "de"),
        ("pt-BR", "pt-BR"),
        ("PT_br", "pt-BR"),
        ("xx", "en"),
        ("", "en"),
        ("../en", "en"),
        ("e" * 9_999, "en"),
    ],
)
def test_the_url_forces_a_language(forced: str, tag: str) -> None:
    assert choose(forced, "ja").tag == tag


async def test_the_page_has_the_language_and_direction(sandbox: Sandbox, ada: Account) -> None:
    visitor = Visitor(sandbox, await create(sandbox, ada), **{"accept-language": "he-IL,he;q=0.9"})

    (html,) = (await visitor.open()).all("html")
    assert (html["lang"], html["dir"]) == ("he", "rtl")
    page = await visitor.open(locale="fr-CA")
    assert [(tag["lang"], tag["dir"]) for tag in page.all("html")] == [("fr-CA", "ltr")]
    assert page.hidden["locale"] == "fr-CA"
    assert [tag["lang"] for tag in page.all("dl")] == ["en"]  # the details for developers
    assert (await visitor.submit(none_suit="1", locale="fr-CA")).location.endswith("?locale=fr-CA&reported=1")
    assert (await visitor.follow("/rts/nothing")).all("html")[0]["lang"] == "he"


@pytest.mark.parametrize("tag", CATALOGS)
async def test_every_page_renders_in_every_language(sandbox: Sandbox, ada: Account, tag: str) -> None:
    texts = CATALOGS[tag]["texts"]
    event = {"event_id": "1", "summary": "Intro", "tzid": "Europe/London", "conferencing": {"profile_id": "default"}}
    visitor = Visitor(sandbox, await create(sandbox, ada, event=event, selection_mode="confirm"))

    page = await visitor.open(locale=tag)
    for key in ("sandbox", "emulated", "details", "meet", "video_call", "zone", "choose_confirm", "none_suit"):
        assert texts[key] in page.text
    confirm = await visitor.open(locale=tag, slot=page.slots[0])
    assert confirm.heading == texts["check"]
    assert texts["book"] in confirm.text
    assert (await visitor.open(locale=tag, reported="1")).heading == texts["reported"]
    done = await visitor.follow((await visitor.submit(locale=tag, slot=page.slots[0])).location)
    assert done.heading == texts["booked"]
    assert "{" not in page.text + confirm.text + done.text

    sandbox.add_busy(ada, NOW, NOW.replace(hour=23))
    late = Visitor(sandbox, await create(sandbox, ada))
    assert texts["empty"] in (await late.open(locale=tag)).text
    assert (await late.submit(locale=tag, slot=page.slots[0])).alert == texts["taken"]
    sandbox.clock.advance(days=1)
    assert (await late.open(locale=tag)).heading == texts["expired"]
