from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic_curve_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.errors import ConfigurationError
from digest.fetching.dkim_keys import load_signers
from digest.settings import DkimSettings, SenderSettings, Settings


def settings(*keys: DkimSettings) -> Settings:
    return Settings(sender=SenderSettings(address="digest@example.org"), dkim=keys)


def written(path: Path, key: object) -> str:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))  # type: ignore[attr-defined]
    return str(path)


def test_without_keys_nobody_signs() -> None:
    assert load_signers(settings()) == ()


def test_each_key_signs_for_its_domain(tmp_path: Path) -> None:
    rsa = written(tmp_path / "rsa.pem", generate_private_key(public_exponent=65537, key_size=2048))
    ed25519 = written(tmp_path / "ed25519.pem", Ed25519PrivateKey.generate())
    found = load_signers(
        settings(
            DkimSettings(selector="r1", key_file=rsa),
            DkimSettings(selector="e1", key_file=ed25519, domain="mail.example.org"),
        )
    )
    assert [(signer.selector, signer.domain) for signer in found] == [("r1", "example.org"), ("e1", "mail.example.org")]


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"dkim\.key_file: .*none\.pem: cannot be read: No such file"):
        load_signers(settings(DkimSettings(selector="x", key_file=str(tmp_path / "none.pem"))))


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(b"nonsense")
    with pytest.raises(ConfigurationError, match=r"key\.pem: is not a PEM private key"):
        load_signers(settings(DkimSettings(selector="x", key_file=str(tmp_path / "key.pem"))))


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "curve.pem", elliptic_curve_key(SECP256R1()))
    with pytest.raises(ConfigurationError, match="DKIM needs an RSA key"):
        load_signers(settings(DkimSettings(selector="x", key_file=file)))
