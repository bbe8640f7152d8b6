"""`fetch`: addresses from content. Redirects are checked hop by hop, private networks refused, sizes kept."""

from __future__ import annotations

import gzip
import ssl
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import FetchError
from syndicate.http import Client, is_public
from tests.networks.fake import Fake, Reply, Request, answer_twice_as_long, cut_before_commit


class Pages(Fake):
    """A site with redirects, a large page and packed answers."""

    def __init__(self) -> None:
        super().__init__()
        self.route("GET", "/page", lambda request: Reply(200, "<p>hello", {"ETag": '"1"'}))
        self.route("HEAD", "/page", lambda request: Reply(200, "<p>hello"))
        self.route("GET", "/missing", lambda request: Reply(404, "gone"))
        self.route("GET", "/hop/{n}", self.hop)
        self.route("GET", "/large", lambda request: Reply(200, b"x" * 5000))
        self.route("GET", "/to", lambda request: Reply(302, b"", {"Location": request.query["url"]}))

    def hop(self, request: Request) -> Reply:
        left = int(request.args["n"])
        return Reply(302, b"", {"Location": f"../hop/{left - 1}" if left > 1 else "/page"})

    def host(self, name: str) -> str:
        """This server under another name."""
        return self.url.replace("127.0.0.1", name)


@pytest.fixture
def site() -> Iterator[Pages]:
    with Pages() as site:
        yield site


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_private=True) as client:
        yield client


def test_a_page_is_read_whole(client: Client, site: Pages) -> None:
    """Status, lower-case headers, body and a moment come back."""
    answer = client.fetch(f"{site.url}/page")
    assert (answer.status, answer.text, answer.headers["etag"]) == (200, "<p>hello", '"1"')
    assert answer.is_success
    assert answer.received_at.utcoffset() == timedelta(0)


def test_statuses_are_returned_not_raised(client: Client, site: Pages) -> None:
    """A missing page is an answer too."""
    assert client.fetch(f"{site.url}/missing").status == 404


def test_requests_say_who_asks(client: Client, site: Pages) -> None:
    """Many hosts refuse empty agents."""
    client.fetch(f"{site.url}/page", method="HEAD")
    assert site.requests[0].method == "HEAD"
    assert site.requests[0].headers["user-agent"].startswith("syndicate/")


@pytest.mark.parametrize("hops", [1, 5])
def test_relative_redirects_are_followed(client: Client, site: Pages, hops: int) -> None:
    """Up to five redirects lead to the page."""
    assert client.fetch(f"{site.url}/hop/{hops}").text == "<p>hello"


def test_six_redirects_are_too_many(client: Client, site: Pages) -> None:
    """A loop ends."""
    with pytest.raises(FetchError, match="redirects"):
        client.fetch(f"{site.url}/hop/6")


def test_credentials_do_not_follow_to_another_host(site: Pages) -> None:
    """A redirect to a stranger gets the plain headers only."""
    with Client(allow_private=True, resolve=lambda host, port: ["127.0.0.1"]) as client:
        target = site.host("stranger.example") + "/page"
        sent = {"Authorization": "Bearer s3cret", "Accept": "text/html"}
        client.fetch(f"{site.host('blog.example')}/to?url={target}", headers=sent)
    first, second = site.requests
    assert first.headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in second.headers
    assert second.headers["accept"] == "text/html"


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "//a.example/", "nothing", "", "http://", "http://[::1"]
)
def test_only_web_addresses_are_fetched(client: Client, url: str) -> None:
    """Other schemes and broken addresses are refused in words."""
    with pytest.raises(FetchError):
        client.fetch(url)


@pytest.fixture(scope="module")
def offline() -> Iterator[Client]:
    with Client(resolve=lambda host, port: []) as client:
        yield client


@given(text=st.text(max_size=80), scheme=st.sampled_from(["", "http://", "https://"]))
def test_no_text_breaks_the_reading_of_an_address(offline: Client, text: str, scheme: str) -> None:
    """Whatever stands in a post as an address, the outcome is an answer or a FetchError."""
    with pytest.raises(FetchError):
        offline.fetch(scheme + text)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "javascript:alert(1)", "http://[broken/"])
def test_a_redirect_cannot_leave_the_web(client: Client, site: Pages, target: str) -> None:
    """The rules hold for every hop."""
    with pytest.raises(FetchError):
        client.fetch(f"{site.url}/to?url={target}")


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.2.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::", "2001:db8::1",
    "168.63.129.16", "192.0.0.192", "192.88.99.1", "100.100.100.200", "0.1.2.3", "64:ff9b:1::808:808", "::7f00:1",
    "::ffff:0:7f00:1", "2001:0:7f00:1::", "fd00:ec2::254", "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "none", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    """Loopback, private, link-local, shared, reserved, multicast and the IPv6 wrappings of them."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_known(address: str) -> None:
    """Ordinary addresses, and wrappings of ordinary addresses."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_private_host_is_never_connected_to(site: Pages, host: str) -> None:
    """However loopback is spelt, the server behind it hears nothing."""
    with Client() as client, pytest.raises(FetchError):
        client.fetch(f"{site.host(host)}/page")
    assert site.requests == []


def test_a_refusal_says_how_to_allow_it() -> None:
    """An author's own server next door is reached by a setting, and its name is told."""
    with Client() as client, pytest.raises(FetchError) as caught:
        client.fetch("http://127.0.0.1/page")
    assert "allow_private = true" in caught.value.hint


def test_one_private_address_among_public_ones_is_refused(site: Pages) -> None:
    """A name that stands for both is a trap."""
    both = ["1.1.1.1", "127.0.0.1"]
    with Client(resolve=lambda host, port: both) as client, pytest.raises(FetchError, match="private network"):
        client.fetch(f"{site.host('both.example')}/page")
    assert site.requests == []


def test_every_hop_is_checked_anew(site: Pages) -> None:
    """A redirect's host goes the same way as the first: resolved, and refused where it stands for nothing."""
    names = {"blog.example": ["127.0.0.1"]}
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return names.get(host, [])

    with Client(allow_private=True, resolve=resolve) as client, pytest.raises(FetchError, match="inside"):
        client.fetch(f"{site.host('blog.example')}/to?url=http://inside.example/")
    assert asked == ["blog.example", "inside.example"]


def test_the_address_that_was_checked_is_the_one_connected_to(site: Pages) -> None:
    """The name is resolved once for each hop, so a second answer of the name server (rebinding) has no effect."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with Client(allow_private=True, resolve=resolve) as client:
        answer = client.fetch(f"{site.host('rebind.example')}/page")
    assert answer.status == 200
    assert asked == ["rebind.example"]
    assert site.requests[0].headers["host"] == site.host("rebind.example").removeprefix("http://")


def test_the_next_address_is_tried(site: Pages) -> None:
    """A host with one dead address is still reached."""
    with Client(allow_private=True, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]) as client:
        assert client.fetch(f"{site.host('two.example')}/page").status == 200


def test_a_size_is_kept(client: Client, site: Pages) -> None:
    """One byte over is too large, the exact size is not."""
    assert len(client.fetch(f"{site.url}/large", max_bytes=5000).body) == 5000
    with pytest.raises(FetchError, match="larger than 4,999 bytes"):
        client.fetch(f"{site.url}/large", max_bytes=4999)


def test_packed_answers_are_unpacked(client: Client, site: Pages) -> None:
    """gzip and deflate, the two that zlib can stop at a size."""
    site.fail(lambda request, handle: Reply(200, gzip.compress(b"hello"), {"Content-Encoding": "gzip"}))
    site.fail(lambda request, handle: Reply(200, zlib.compress(b"hello"), {"Content-Encoding": "deflate"}))
    assert [client.fetch(f"{site.url}/page").body for _ in range(2)] == [b"hello", b"hello"]
    assert site.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.slow
def test_a_bomb_is_stopped_at_the_limit(client: Client, site: Pages) -> None:
    """Twenty megabytes of zeros in twenty kilobytes never reach memory."""
    bomb = gzip.compress(bytes(20_000_000))
    site.fail(lambda request, handle: Reply(200, bomb, {"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="larger than"):
        client.fetch(f"{site.url}/page")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x0b\x02\x80hello\x03"),
        ("gzip", b"no gzip at all"),
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)[:-9]),
    ],
)
def test_answers_that_cannot_be_unpacked_are_refused(client: Client, site: Pages, encoding: str, body: bytes) -> None:
    """An encoding that nobody asked for, a lie, and a truncated answer."""
    site.fail(lambda request, handle: Reply(200, body, {"Content-Encoding": encoding}))
    with pytest.raises(FetchError):
        client.fetch(f"{site.url}/page")


@pytest.mark.parametrize("fault", [cut_before_commit(), answer_twice_as_long()], ids=["cut", "short"])
def test_a_cut_answer_is_no_answer(client: Client, site: Pages, fault: object) -> None:
    """Half a page is never taken for a page."""
    site.fail(fault)  # type: ignore[arg-type]
    with pytest.raises(FetchError):
        client.fetch(f"{site.url}/page")


def test_errors_do_not_show_a_password(site: Pages) -> None:
    """Name and password in an address stay out of the error and of what caused it."""
    with Client(resolve=lambda host, port: []) as client, pytest.raises(FetchError) as caught:
        client.fetch("https://me:s3cret@blog.example/page")
    assert "s3cret" not in str(caught.value)
    assert "blog.example" in str(caught.value)
    assert caught.value.__cause__ is None


def _certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate for one host name, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / f"{host}.pem"
    path.write_bytes(key.private_bytes(pem, pkcs8, plain) + certificate.public_bytes(pem))
    return path


def test_a_pinned_connection_still_checks_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to an address, TLS speaks of the host name: the right host is read, another one is refused."""
    pem = _certificate(tmp_path, "blog.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with Pages() as site:
        site.speak_tls(context)
        with Client(allow_private=True, timeout=httpx.Timeout(5), resolve=lambda host, port: ["127.0.0.1"]) as client:
            secure = site.host("blog.example").replace("http://", "https://")
            assert client.fetch(f"{secure}/page").status == 200
            with pytest.raises(FetchError):
                client.fetch(f"{secure.replace('blog', 'other')}/page")
