"""Where secrets come from, where they go, and who can read them."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring as library
import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.errors import ConfigError, StateError
from syndicate.model import variable_of
from syndicate.networks.base import Vault
from syndicate.vault import AccountVault, find_keyring, open_vault

SECRET = "correct-horse-battery"


def vault(folder: Path, account: str = "my-blog", **environ: str) -> AccountVault:
    return open_vault(str(folder), account, environ=environ)


class FakeKeyring:
    """A keyring in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_what_was_stored_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Secrets of accounts do not mix, and storing some keeps the others."""
    one: Vault = vault(tmp_path)
    one.put({"token": SECRET, "refresh": "r1"})
    vault(tmp_path, "other").put({"token": "2"})
    one.put({"refresh": "r2"})
    again = vault(tmp_path)
    assert [again.get(name) for name in ("token", "refresh", "unknown")] == [SECRET, "r2", ""]
    assert vault(tmp_path, "other").get("token") == "2"


def test_the_file_alone_tells_nothing(tmp_path: Path) -> None:
    """Neither the secret nor its name stands in the vault file, and both files are their owner's alone."""
    folder = tmp_path / ".syndicate"
    vault(folder).put({"token": SECRET})
    with vault(folder).lock():
        sealed = (folder / "secrets.vault").read_bytes()
        assert SECRET.encode() not in sealed
        assert b"token" not in sealed
        assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o77] == []
        assert folder.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    ("account", "name", "variable"),
    [
        ("mastodon", "access_token", "SYNDICATE_MASTODON_ACCESS_TOKEN"),
        ("my-blog", "token", "SYNDICATE_MY_BLOG_TOKEN"),
        ("Ümläut & co.", "token", "SYNDICATE_ML_UT_CO_TOKEN"),
    ],
)
def test_the_name_of_the_variable(account: str, name: str, variable: str) -> None:
    """Capital letters, digits and single underscores."""
    assert variable_of(account, name) == variable


def test_the_environment_wins_and_is_never_written(tmp_path: Path) -> None:
    """A variable, then a file that it names, then what was stored."""
    (tmp_path / "token.txt").write_text(f"{SECRET}\n")
    vault(tmp_path).put({"token": "stored"})
    from_file = vault(tmp_path, SYNDICATE_MY_BLOG_TOKEN_FILE=str(tmp_path / "token.txt"))
    both = vault(tmp_path, SYNDICATE_MY_BLOG_TOKEN="given", SYNDICATE_MY_BLOG_TOKEN_FILE="/nowhere")
    empty = vault(tmp_path, SYNDICATE_MY_BLOG_TOKEN="")
    assert [one.get("token") for one in (from_file, both, empty)] == [SECRET, "given", "stored"]
    assert [one.list_given(["token", "other"]) for one in (from_file, both, empty)] == [
        ("SYNDICATE_MY_BLOG_TOKEN_FILE",),
        ("SYNDICATE_MY_BLOG_TOKEN",),
        (),
    ]
    both.put({"token": "renewed"})
    assert both.get("token") == "given"
    assert empty.get("token") == "renewed"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The error names the variable, so that the person knows where to look."""
    with pytest.raises(ConfigError, match="SYNDICATE_MY_BLOG_TOKEN_FILE"):
        vault(tmp_path, SYNDICATE_MY_BLOG_TOKEN_FILE="/nowhere").get("token")


def test_a_keyring_takes_the_place_of_the_file(tmp_path: Path) -> None:
    """Where one is in use nothing of the secret is written to the folder."""
    keyring = FakeKeyring()
    one = open_vault(str(tmp_path / "state"), "my-blog", environ={}, keyring=lambda: keyring)
    one.put({"token": SECRET})
    assert one.get("token") == SECRET
    assert one.get("unknown") == ""
    assert keyring.kept == {("syndicate", "my-blog/token"): SECRET}
    assert not (tmp_path / "state").exists()


def test_a_keyring_that_cannot_even_be_looked_for_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's random user has no home folder, where the library looks for its settings: the file is used."""
    monkeypatch.setattr(library, "get_keyring", lambda: Path("~nobody-there").expanduser())
    assert find_keyring() is None


def test_a_passphrase_needs_no_key_file(tmp_path: Path) -> None:
    """With a passphrase the folder alone opens nothing."""
    passphrase = {"SYNDICATE_VAULT_PASSPHRASE": "open sesame"}
    vault(tmp_path, **passphrase).put({"token": SECRET})
    assert vault(tmp_path, **passphrase).get("token") == SECRET
    assert not (tmp_path / "secrets.key").exists()
    with pytest.raises(ConfigError, match="do not open"):
        vault(tmp_path, SYNDICATE_VAULT_PASSPHRASE="guess").get("token")
    with pytest.raises(ConfigError, match="key of the secrets cannot be read"):
        vault(tmp_path).get("token")


def test_a_lost_key_is_named_and_no_new_one_hides_the_loss(tmp_path: Path) -> None:
    """Without its key the vault stays shut; storing does not overwrite what the key may still open."""
    vault(tmp_path).put({"token": SECRET})
    key = (tmp_path / "secrets.key").read_bytes()
    (tmp_path / "secrets.key").unlink()
    for use in (lambda: vault(tmp_path).get("token"), lambda: vault(tmp_path).put({"other": "1"})):
        with pytest.raises(ConfigError, match=r"secrets\.key"):
            use()
    (tmp_path / "secrets.key").write_bytes(key)
    assert vault(tmp_path).get("token") == SECRET


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 500])
def test_a_damaged_vault_is_named(tmp_path: Path, content: bytes) -> None:
    """It is never taken for an empty one."""
    vault(tmp_path).put({"token": SECRET})
    (tmp_path / "secrets.vault").write_bytes(content)
    with pytest.raises(ConfigError, match="log in again"):
        vault(tmp_path).get("token")


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 44, b"A" * 44, b"A" * 43 + b"=" + b"A"])
def test_a_damaged_key_is_named(tmp_path: Path, content: bytes) -> None:
    """An empty, cut or foreign key file is an error that names it, for reading and for storing."""
    vault(tmp_path).put({"token": SECRET})
    (tmp_path / "secrets.key").write_bytes(content)
    for ask in (lambda: vault(tmp_path).get("token"), lambda: vault(tmp_path).put({"token": "x"})):
        with pytest.raises(ConfigError, match="the key of the secrets is damaged") as raised:
            ask()
        assert raised.value.where == str(tmp_path / "secrets.key")


def test_a_key_may_end_with_a_line_end(tmp_path: Path) -> None:
    """An editor adds one when somebody looks into the file and saves it."""
    vault(tmp_path).put({"token": SECRET})
    key = tmp_path / "secrets.key"
    key.write_bytes(key.read_bytes() + b"\n")
    assert vault(tmp_path).get("token") == SECRET


def test_a_vault_of_before_opens_and_is_sealed_anew(tmp_path: Path) -> None:
    """What an older version sealed at scrypt's old cost opens; what is stored next gets today's."""
    salt = bytes(range(16))
    key = base64.urlsafe_b64encode(hashlib.scrypt(b"word", salt=salt, n=2**14, r=8, p=1, dklen=32))
    path = tmp_path / "secrets.vault"
    path.write_bytes(salt + Fernet(key).encrypt(b'{"my-blog/token": "old"}'))
    box = vault(tmp_path, SYNDICATE_VAULT_PASSPHRASE="word")
    assert box.get("token") == "old"
    box.put({"other": "new"})
    header, rest = path.read_bytes().split(b"\n", 1)
    assert header == b"syndicate-vault-2"
    key = hashlib.scrypt(b"word", salt=rest[:16], n=2**17, r=8, p=1, dklen=32, maxmem=2**28)
    assert b"old" in Fernet(base64.urlsafe_b64encode(key)).decrypt(rest[16:])
    assert [box.get("token"), box.get("other")] == ["old", "new"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A path through a file is no folder: storing says so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="secrets cannot be"):
        vault(tmp_path / "file").put({"token": SECRET})


def test_no_secret_shows_in_words_about_the_vault(tmp_path: Path) -> None:
    """repr, str and the error of a failure stay silent about environment and content."""
    one = vault(tmp_path, SYNDICATE_MY_BLOG_TOKEN=SECRET, SYNDICATE_VAULT_PASSPHRASE="open sesame")
    one.put({"refresh": SECRET})
    assert SECRET not in repr(one) + str(one)
    (tmp_path / "secrets.vault").write_bytes(b"x" * 99)
    with pytest.raises(ConfigError) as caught:
        one.get("refresh")
    assert SECRET not in str(caught.value)
    assert "open sesame" not in repr(caught.value)


def test_processes_that_store_at_once_lose_nothing(tmp_path: Path) -> None:
    """Six processes write different secrets into the same vault: all are there."""
    script = (
        "import sys; from syndicate.vault import open_vault\n"
        "for number in range(3):\n"
        "    open_vault(sys.argv[1], sys.argv[2], environ={}).put({f'n{number}': sys.argv[2]})\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), f"a{n}"]) for n in range(6)]
    assert [one.wait(60) for one in running] == [0] * 6
    found = {f"a{n}": [vault(tmp_path, f"a{n}").get(f"n{k}") for k in range(3)] for n in range(6)}
    assert found == {f"a{n}": [f"a{n}"] * 3 for n in range(6)}


def test_one_thread_renews_at_a_time(tmp_path: Path) -> None:
    """Reading, changing and storing under the lock loses no step, although every thread has a vault of its own."""

    def renew(number: int) -> None:
        one = vault(tmp_path)
        with one.lock():
            one.put({"count": str(int(one.get("count") or 0) + 1)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(renew, range(24)))
    assert vault(tmp_path).get("count") == "24"


def test_one_process_renews_at_a_time_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    """The lock holds between processes and dies with its holder; another account's lock is another."""
    script = (
        "import sys; from syndicate.vault import open_vault\n"
        "with open_vault(sys.argv[1], 'my-blog', environ={}).lock():\n"
        "    print('locked', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with vault(tmp_path, "other").lock():
            pass
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(_take, vault(tmp_path))
            assert not waiting.done()
            holder.kill()
            assert waiting.result(10) == "taken"


def _take(one: AccountVault) -> str:
    with one.lock():
        return "taken"


@settings(max_examples=20)
@given(values=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=40), max_size=4))
def test_any_secret_comes_back(tmp_path_factory: pytest.TempPathFactory, values: Mapping[str, str]) -> None:
    """No character is special."""
    folder = tmp_path_factory.mktemp("vault")
    encodable = {name: value for name, value in values.items() if _is_text(name + value)}
    vault(folder, "a").put(encodable)
    assert {name: vault(folder, "a").get(name) for name in encodable} == encodable


def _is_text(text: str) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)
