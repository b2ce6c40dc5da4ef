"""The certificates of a site, judged by OpenSSL as Python's strictest reader calls it."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from provisioning.certificates import (
    CertificateError,
    Issued,
    check_counter_id,
    main,
    make_authority,
    make_client,
    make_server,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> Issued:
    return make_authority("hoan-kiem", NOW)


def handshake(authority: Issued, server: Issued, client: Issued, folder: Path, called: str) -> None:
    """Shake hands in memory with every strictness on. Raises `ssl.SSLError` on the side that is not content."""
    server_side = context(ssl.PROTOCOL_TLS_SERVER, authority, server, folder / "server.pem")
    server_side.verify_mode = ssl.CERT_REQUIRED
    client_side = context(ssl.PROTOCOL_TLS_CLIENT, authority, client, folder / "client.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client_side.wrap_bio(to_client, to_server, server_hostname=called),
        server_side.wrap_bio(to_server, to_client, server_side=True),
    ]
    for end in ends * 4:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def context(protocol: int, authority: Issued, own: Issued, file: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(protocol)
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.load_verify_locations(cadata=authority.certificate.public_bytes(Encoding.PEM).decode())
    file.write_bytes(own.certificate.public_bytes(Encoding.PEM) + private_pem(own))
    made.load_cert_chain(file)
    return made


def private_pem(issued: Issued) -> bytes:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    return issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("called", ["192.0.2.10", "broker.example"])
def test_counter_and_broker_believe_each_other(authority: Issued, tmp_path: Path, called: str) -> None:
    server = make_server(authority, ["192.0.2.10", "broker.example"], datetime.now(UTC))
    handshake(authority, server, make_client(authority, "quay-01", datetime.now(UTC)), tmp_path, called)


def test_a_broker_is_not_believed_under_another_name(authority: Issued, tmp_path: Path) -> None:
    server = make_server(authority, ["192.0.2.10"], datetime.now(UTC))
    client = make_client(authority, "quay-01", datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(authority, server, client, tmp_path, "192.0.2.11")


def test_a_counter_cannot_pass_for_a_broker(authority: Issued, tmp_path: Path) -> None:
    counter = make_client(authority, "quay-01", datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unsuitable certificate purpose|IP address mismatch"):
        handshake(authority, counter, counter, tmp_path, "192.0.2.10")


def test_a_second_reader_accepts_the_profiles_too(authority: Issued) -> None:
    server = make_server(authority, ["broker.example"], NOW)
    verifier = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    chain = verifier.build_server_verifier(x509.DNSName("broker.example")).verify(server.certificate, [])
    assert chain == [server.certificate, authority.certificate]


def test_a_leaf_cannot_sign_leaves(authority: Issued) -> None:
    counter = make_client(authority, "quay-01", NOW)
    forged = make_server(counter, ["broker.example"], NOW)
    verifier = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("broker.example")).verify(forged.certificate, [counter.certificate])


@pytest.mark.parametrize("name", ["office", "Quầy 1", "quay.01", "a/b", "+", ""])
def test_names_that_would_be_somebody_else_get_no_certificate(name: str) -> None:
    with pytest.raises(CertificateError):
        check_counter_id(name)


def test_a_second_run_adds_the_new_counter_and_touches_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--site", "hoan-kiem", "--broker", "127.0.0.1", "--counter", "quay-01"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main([str(tmp_path), "--site", "hoan-kiem", "--counter", "quay-01", "--counter", "quay-02"]) == 0
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path).as_posix() for path in after.keys() - before.keys()} == {
        "counters/quay-02/ca.crt",
        "counters/quay-02/client.crt",
        "counters/quay-02/client.key",
    }
    assert all(after[path] == content for path, content in before.items())
    capsys.readouterr()
    assert main([str(tmp_path), "--site", "hoan-kiem"]) == 0
    assert "nothing was made" in capsys.readouterr().out


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    main([str(tmp_path), "--site", "hoan-kiem", "--broker", "127.0.0.1", "--counter", "quay-01"])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.key")} == {0o600}


def test_a_broker_without_a_name_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--site", "hoan-kiem"]) == 1
    assert "at least one name or address" in capsys.readouterr().err
