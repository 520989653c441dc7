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


def test_a_programs_own_key_of_stripes_api_stands_before_that_of_no_program(tmp_path: Path) -> None:
    settings = read_settings(
        environment(tmp_path, PORTAL_STRIPE_API_KEY="rk_live_everybodys, bloom:rk_live_ofBloomOnly")
    )
    assert settings.stripe_key_of("bloom") == "rk_live_ofBloomOnly"
    assert settings.stripe_key_of("kartra") == "rk_live_everybodys"
    assert read_settings(environment(tmp_path)).stripe_key_of("kartra") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORTAL_STRIPE_API_KEY": "pk_live_publishable"},
        {"PORTAL_STRIPE_API_KEY": "rk_live_everybodys, sk_live_everybodys"},
        {"PORTAL_STRIPE_API_URL": "http://stripe.example"},
    ],
    ids=["publishable", "two", "unsealed"],
)
def test_a_key_of_stripes_api_that_cannot_work_ends_the_start_unsaid(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings(environment(tmp_path, **wrong))
    assert "everybodys" not in str(refused.value)
    assert "publishable" not in str(refused.value)


def test_secrets_stay_out_of_what_is_printed(tmp_path: Path) -> None:
    said = {
        "PORTAL_STRIPE_API_KEY": "rk_live_unspoken",
        "PORTAL_STRIPE_WEBHOOK_SECRET": "whsec_unspoken",
        "PORTAL_SECRET": "unspoken" * 5,
        "PORTAL_SMTP_URL": "smtp://unspoken:unspoken@mail.example?from=a@b.example",
        "PORTAL_DATABASE_URL": "postgresql://unspoken:unspoken@db.example/portal",
    }
    assert "unspoken" not in repr(read_settings(environment(tmp_path, **said)))
