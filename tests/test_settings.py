"""A wrong setting ends the start with a sentence that names it."""

from pathlib import Path

import pytest

from portal.settings import BadSetting, read_settings


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PORTAL_DATA_DIR": str(folder / "data"), **more}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_PORT", "eighty"),
        ("PORTAL_PORT", "70000"),
        ("PORTAL_DATABASE_URL", "mysql://localhost/portal"),
        ("PORTAL_DATABASE_URL", "portal.sqlite"),
        ("PORTAL_BASE_URL", "partners.example"),
        ("PORTAL_BASE_URL", "https://partners.example/portal"),
        ("PORTAL_SECRET", "short"),
        ("PORTAL_SMTP_URL", "mail.example:25"),
        ("PORTAL_SMTP_URL", "smtp://mail.example"),
        ("PORTAL_STORAGE_URL", "/var/files"),
        ("PORTAL_RATE_LIMIT_URL", "http://localhost"),
        ("PORTAL_STRIPE_WEBHOOK_SECRET", "sk_live_not_a_webhook_secret"),
        ("PORTAL_STRIPE_WEBHOOK_SECRET", "whsec_"),
        ("PORTAL_SMTP_URL", "smtp://mail.example:many?from=partners@example.com"),
        ("PORTAL_SMTP_URL", "smtp://mail.example?from="),
        ("PORTAL_BASE_URL", "https://partners.example:port"),
        ("PORTAL_BASE_URL", "https://user@partners.example"),
        ("PORTAL_TRUSTED_PROXIES", "everybody"),
        ("PORTAL_TYPO", "anything"),
    ],
)
def test_the_sentence_names_the_setting_that_is_wrong(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings(environment(tmp_path, **{name: value}))


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = read_settings(environment(tmp_path))
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path}/data/portal.sqlite"
    assert settings.has_mailbox


def test_the_secret_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    first, second = (read_settings(environment(tmp_path)).secret for _ in range(2))
    assert first == second
    assert len(first) >= 32
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "exposed",
    [
        {"PORTAL_HOST": "0.0.0.0"},  # noqa: S104
        {"PORTAL_BASE_URL": "https://partners.example"},
        {"PORTAL_SMTP_URL": "smtp://mail.example?from=partners@example.com"},
    ],
)
def test_letters_are_on_no_page_once_others_can_reach_the_portal(
    tmp_path: Path, exposed: dict[str, str]
) -> None:
    assert not read_settings(environment(tmp_path, **exposed)).has_mailbox


def test_several_webhook_secrets_hold_during_a_roll(tmp_path: Path) -> None:
    said = environment(tmp_path, PORTAL_STRIPE_WEBHOOK_SECRET="whsec_older, whsec_newer")
    assert read_settings(said).stripe_webhook_secrets == (("", "whsec_older"), ("", "whsec_newer"))


def test_a_programs_own_secrets_stand_before_those_of_no_program(tmp_path: Path) -> None:
    said = environment(tmp_path, PORTAL_STRIPE_WEBHOOK_SECRET="whsec_for_all, bloom:whsec_of_bloom")
    settings = read_settings(said)
    assert settings.stripe_secrets_of("bloom") == ("whsec_of_bloom",)
    assert settings.stripe_secrets_of("kartra") == ("whsec_for_all",)
