"""Words of messages: Unity's own, and templates that may do anything but harm."""

import time
import uuid
from datetime import UTC, datetime

import pytest

from app.models.core.notification_delivery import DeliveryKind
from app.models.core.notification_thread import NoticeKind
from app.schemas.core.notification_ledger import TemplateWrite
from app.services.core.notifications import wording
from app.services.core.notifications.facts import AlertFacts
from app.services.core.notifications.templates import TemplateService, preview
from tests.services.core.notifications.kit import TESTS, Kit, at_once

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
ALERT = AlertFacts(
    alert_id=uuid.UUID(int=7),
    severity="critical",
    title="<b>nas</b> is offline",
    message="No route.",
    began_at=NOW,
    at=NOW,
)
ITEMS = [wording.Item(NoticeKind.FIRED, ALERT)]
PLAIN = wording.plain(DeliveryKind.FIRED, ITEMS, "https://unity.test/alerts")


def by_template(**parts: str) -> wording.Words:
    return wording.worded(parts, PLAIN, DeliveryKind.FIRED, ITEMS, "https://unity.test/alerts")


def test_a_template_words_title_text_and_markup_and_markup_is_escaped() -> None:
    words = by_template(
        title="{{ severity | upper }}: {{ alerts[0].title }}",
        text="{% for one in alerts %}{{ one.message }} {{ loop.index }}{% endfor %}",
        html="<p>{{ alerts[0].title }}</p>",
        body='{"text": {{ title | tojson }}}',
    )
    assert words.errors == ()
    assert words.title == "CRITICAL: <b>nas</b> is offline"
    assert words.text == "No route. 1"
    assert words.html == "<p>&lt;b&gt;nas&lt;/b&gt; is offline</p>"
    assert words.body.startswith('{"text": "[critical]')


@pytest.mark.parametrize(
    "source",
    [
        "{{ nothing }}",
        "{{ alerts[0].nothing }}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ title.__init__.__globals__ }}",
        "{{ alerts.append(1) }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x' | center(1000000000) }}",
        "{% for a in range(99999) %}xxxxxxxxxx{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'other' %}",
        "{{ cycler }}",
    ],
)
def test_a_template_that_fails_or_overreaches_gives_unity_s_own_words_and_says_so(
    source: str,
) -> None:
    began = time.monotonic()
    words = by_template(text=source)
    assert time.monotonic() - began < 4
    assert words.text == PLAIN.text
    assert len(words.errors) == 1
    assert words.errors[0].startswith("text: ")


@pytest.mark.parametrize("source", ["{{ '{:>10}'.format(1) }}", "{{ '{a}'.format_map({}) }}"])
def test_no_template_formats_because_a_width_takes_memory_at_will(source: str) -> None:
    (error,) = by_template(text=source).errors
    assert "is unsafe" in error


async def test_a_failing_template_does_not_stop_the_message_and_shows_at_the_channel(
    kit: Kit,
) -> None:
    async with kit.database.transaction() as session:
        service = TemplateService(session, kit.clock, kit.audit(session))
        made = await service.create(TESTS, TemplateWrite(name="short", text="{{ nothing }}"))
    phone = await kit.channel("phone", template_id=made.id)
    await kit.route(at_once(phone))
    await kit.fire("nas is offline")
    assert await kit.round() == 1
    assert "nas is offline since noon." in kit.notifier.to("phone")[0].text
    async with kit.database.snapshot() as session:
        health = (await kit.channels(session).get(phone)).health
    assert health.template_error == "text: 'nothing' is undefined"


async def test_the_preview_shows_words_and_errors_without_storing(kit: Kit) -> None:
    shown = await preview(
        TemplateWrite(name="x", title="{{ count }} things", text="{{ oops }}"), NOW, ""
    )
    assert shown.title == "2 things"
    assert "/srv on nas is 96 % full" in shown.text
    assert shown.errors == ["text: 'oops' is undefined"]
    async with kit.database.snapshot() as session:
        assert await TemplateService(session, kit.clock, kit.audit(session)).list() == []


async def test_a_template_in_wrong_language_is_refused_where_it_is_entered(kit: Kit) -> None:
    from app.services.core.notifications.channels import ChannelNotValid  # noqa: PLC0415 - only this test needs it

    async with kit.database.snapshot() as session:
        service = TemplateService(session, kit.clock, kit.audit(session))
        with pytest.raises(ChannelNotValid) as caught:
            await service.create(TESTS, TemplateWrite(name="bad", text="{% for %}"))
    assert "/body/text" in str(caught.value.context["errors"])
