"""Secrets of accounts: from the environment, the system keyring, or an owner-only encrypted file.

Reading asks in this order: `SYNDICATE_<ACCOUNT>_<NAME>`, the file named by `SYNDICATE_<ACCOUNT>_<NAME>_FILE`, then the
keyring where one is in use, else the vault file. What `login` and token renewal store goes to the keyring or the vault
file; the environment is never written and always wins.

What the vault file protects: its text alone (a backup, a synchronised folder, a stray commit of `secrets.vault`) tells
nothing without the key. The key is either `SYNDICATE_VAULT_PASSPHRASE`, or a random one in `secrets.key` beside it,
both files readable by their owner only. Who can read both files, or this process, can read the secrets: without a
passphrase the encryption keeps them from copies of the one file, not from somebody who has your account.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import orjson

from syndicate.errors import HINTS, ConfigError, StateError
from syndicate.folders import open_private, replace_file
from syndicate.model import shout, variable_of

PASSPHRASE = "SYNDICATE_VAULT_PASSPHRASE"  # noqa: S105 - the name of a variable
KEYRING_SERVICE = "syndicate"
_SALT = 16
# What a file begins with that was sealed at today's cost of scrypt (RFC 7914): about 0.4 s and 128 MB a guess. Files
# without it were sealed at the cost of before, and get the new one when something is stored next.
_TODAY = b"syndicate-vault-2\n"
_COST, _COST_BEFORE = 2**17, 2**14


class Keyring(Protocol):
    """The part of a `keyring` backend that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


class Box(Protocol):
    """Where secrets are kept, "account/name" → secret."""

    def read(self) -> Mapping[str, str]: ...

    def update(self, entries: Mapping[str, str]) -> None: ...

    def locked(self, name: str) -> AbstractContextManager[None]: ...


def open_vault(
    folder: str,
    account: str,
    *,
    environ: Mapping[str, str] = os.environ,
    keyring: Callable[[], Keyring | None] = lambda: None,
    shared: Box | None = None,
) -> AccountVault:
    """The secrets of one account; `folder` is the state folder. Nothing is read before it is asked for.

    A `shared` box is what several machines see: it takes what is stored, and what it holds wins over this machine's.
    """
    return AccountVault(account, environ, _Box(Path(folder), environ), keyring, shared)


def find_keyring() -> Keyring | None:
    """The system's keyring where the extra is installed and a real backend answers, else None."""
    try:
        import keyring  # noqa: PLC0415 - an extra, and slow to load
        from keyring.backends import fail, null  # noqa: PLC0415
    except ImportError:
        return None
    try:
        backend: Keyring = keyring.get_keyring()
    except RuntimeError:  # a random user of a container: without a home folder even the search for one fails
        return None
    return None if isinstance(backend, fail.Keyring | null.Keyring) else backend


@dataclass(frozen=True, slots=True)
class AccountVault:
    """One account's secrets: a `networks.base.Vault`. Its repr shows none."""

    account: str
    _environ: Mapping[str, str] = field(repr=False)
    _box: _Box = field(repr=False)
    _find_keyring: Callable[[], Keyring | None] = field(repr=False)
    _shared: Box | None = field(default=None, repr=False)

    def get(self, name: str) -> str:
        """The secret, "" where there is none. Raises ConfigError where a named file cannot be read."""
        given = self._given(name)
        if given:
            return given
        if self._shared is not None and (found := self._shared.read().get(self._entry(name))):
            return found
        if (keyring := self._find_keyring()) is not None:
            return keyring.get_password(KEYRING_SERVICE, self._entry(name)) or ""
        return self._box.read().get(self._entry(name), "")

    def list_given(self, names: Iterable[str]) -> tuple[str, ...]:
        """The variables of the environment that hold these secrets or name their files: they win over a login."""
        variables = (variable_of(self.account, name) for name in names)
        found = (next(filter(self._environ.get, (one, f"{one}_FILE")), "") for one in variables)
        return tuple(filter(None, found))

    def put(self, values: Mapping[str, str]) -> None:
        """Store secrets; they are on the disk or in the keyring when this returns."""
        entries = {self._entry(name): value for name, value in values.items()}
        if self._shared is not None:
            self._shared.update(entries)
            return
        keyring = self._find_keyring()
        if keyring is None:
            self._box.update(entries)
            return
        for entry, value in entries.items():
            keyring.set_password(KEYRING_SERVICE, entry, value)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while a token is renewed: one thread of one process at a time."""
        name = f"renew-{shout(self.account).lower()}"
        with self._box.locked(name), self._shared.locked(name) if self._shared else nullcontext():
            yield

    def _given(self, name: str) -> str:
        variable = variable_of(self.account, name)
        if self._environ.get(variable):
            return self._environ[variable]
        path = self._environ.get(f"{variable}_FILE", "")
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the file it names cannot be read", where=f"{variable}_FILE") from error

    def _entry(self, name: str) -> str:
        return f"{self.account}/{name}"


@dataclass(frozen=True, slots=True)
class _Box:
    """The encrypted file: one JSON object, "account/name" → secret.

    One that cannot be read is a ConfigError: it costs the accounts that need it, and none of the others.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def path(self) -> Path:
        return self.folder / "secrets.vault"

    def read(self) -> dict[str, str]:
        try:
            sealed = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            hint = HINTS.get(error.errno or 0, "")
            raise ConfigError(
                f"the secrets cannot be read: {error.strerror}", where=str(self.path), hint=hint
            ) from error
        cost, sealed = (_COST, sealed.removeprefix(_TODAY)) if sealed.startswith(_TODAY) else (_COST_BEFORE, sealed)
        return self._open(sealed[_SALT:], self._key(sealed[:_SALT], cost))

    def update(self, entries: Mapping[str, str]) -> None:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - 40 ms that most runs need not pay

        with self.locked("write"):
            content = {**self.read(), **entries}
            salt = secrets.token_bytes(_SALT)
            sealed = Fernet(self._key(salt, _COST)).encrypt(orjson.dumps(content))
            _write_private(self.path, _TODAY + salt + sealed)

    def _open(self, sealed: bytes, key: bytes) -> dict[str, str]:
        from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

        try:
            content = orjson.loads(Fernet(key).decrypt(sealed))
        except (InvalidToken, orjson.JSONDecodeError):
            hint = f"check {PASSPHRASE} and secrets.key, or remove the file and log in again"
            raise ConfigError("the secrets do not open with this key", where=str(self.path), hint=hint) from None
        return {str(name): str(value) for name, value in content.items()} if isinstance(content, dict) else {}

    def _key(self, salt: bytes, cost: int) -> bytes:
        passphrase = self.environ.get(PASSPHRASE, "")
        return _derive(passphrase, salt, cost) if passphrase else self._read_key()

    def _read_key(self) -> bytes:
        path = self.folder / "secrets.key"
        again = f"bring back its copy, or remove it and {self.path.name} and log in again"
        hint = f"set {PASSPHRASE} if you logged in with one; else {again}"
        try:
            if not path.exists() and not self.path.exists():
                _write_private(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
            key = path.read_bytes().strip()
        except OSError as error:
            raise ConfigError("the key of the secrets cannot be read", where=str(path), hint=hint) from error
        if not re.fullmatch(rb"[A-Za-z0-9_-]{43}=", key):
            raise ConfigError("the key of the secrets is damaged", where=str(path), hint=hint)
        return key

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """An OS lock on a file of its own: it holds between threads too, and dies with its process."""
        path = self.folder / f"{name}.lock"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = open_private(path)
        except OSError as error:
            raise StateError(f"the secrets cannot be locked: {error.strerror}", where=str(path)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def digest_secrets(account: str, values: Iterable[str]) -> str:
    """Eight letters that change with the secrets. They stand in the state: short, and slow to make, so that they help
    nobody to guess a password."""
    return _digest(account, "\0".join(values))


@lru_cache(maxsize=64)
def _digest(account: str, joined: str) -> str:
    salt = f"syndicate {account}".encode()
    return hashlib.scrypt(joined.encode(), salt=salt, n=_COST_BEFORE, r=8, p=1, dklen=4).hex()


@lru_cache(maxsize=8)
def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    """The key of a passphrase. Each file's is derived once in a process: every secret that is read asks for it."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415

    derived = Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())
    return base64.urlsafe_b64encode(derived)


def _write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before returning: a rotated token exists nowhere else."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, data)
        _sync_folder(path.parent)
    except OSError as error:
        raise StateError(f"the secrets cannot be written: {error.strerror}", where=str(path)) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
