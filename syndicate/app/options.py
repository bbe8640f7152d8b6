"""What an account asks of its network, held against what the network has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from syndicate.config import Mistake, list_account_keys, make_json_schema
from syndicate.errors import ConfigError
from syndicate.model import Account, variable_of
from syndicate.networks import NETWORKS, describe
from syndicate.networks.base import Description, Option
from syndicate.vault import PASSPHRASE

PASSWORD = "SYNDICATE_DASHBOARD_PASSWORD"  # noqa: S105 - the name of a variable


def find_mistakes(account: Account) -> Iterator[Mistake]:
    """A network there is not; options that it does not have, lacks, or whose value it does not know."""
    table = ("accounts", account.name)
    try:
        description = describe(account.network)
    except ConfigError as error:
        yield Mistake((*table, "network"), f"{error.message}; {error.hint}")
        return
    for name, value in account.options.items():
        sentence = _judge(name, value, description)
        if sentence:
            yield Mistake((*table, name), sentence)
    for option in description.options:
        if option.required and not account.options.get(option.name):
            yield Mistake((*table, option.name), f"is missing: {option.help}")


def find_shared_variables(accounts: Iterable[Account]) -> Iterator[Mistake]:
    """Secrets that would come from one environment variable: "token" of "my-blog", and "blog_token" of "my"."""
    users = {PASSWORD: "the dashboard's password", PASSPHRASE: "the vault's passphrase"}
    for account in accounts:
        for secret in describe(account.network).secrets:
            user = f'{secret.name} of "{account.name}"'
            other = users.setdefault(variable_of(account.name, secret.name), user)
            if other != user:
                sentence = f"{user} and {other} would both be {variable_of(account.name, secret.name)}; rename it"
                yield Mistake(("accounts", account.name), sentence)


def make_schema() -> dict[str, Any]:
    """JSON Schema of syndicate.toml, with the keys that each network takes and needs."""
    schema = make_json_schema()
    table = schema["$defs"]["AccountTable"]
    descriptions = [describe(name) for name in NETWORKS]
    table["properties"]["network"] |= {"enum": [one.name for one in descriptions]}
    table["allOf"] = [
        {
            "if": {"properties": {"network": {"const": one.name}}, "required": ["network"]},
            "then": {
                "properties": {option.name: _describe_option(option) for option in one.options},
                "required": [option.name for option in one.options if option.required],
                "propertyNames": {"enum": [*list_account_keys(), *(option.name for option in one.options)]},
            },
        }
        for one in descriptions
    ]
    return schema


def _describe_option(option: Option) -> dict[str, Any]:
    """A value as TOML may hold it: `true` is as good as "true"."""
    about: dict[str, Any] = {"description": option.help}
    if option.choices:
        truths = [choice == "true" for choice in option.choices if choice in {"true", "false"}]
        return {**about, "enum": [*option.choices, *truths]}
    return {**about, "not": {"type": "object"}, **({"minLength": 1, "minItems": 1} if option.required else {})}


def _judge(name: str, value: str, description: Description) -> str:
    """What is wrong with an option, "" where nothing is."""
    options = {option.name: option for option in description.options}
    if name not in options:
        return f"there is no such key; {_nearest(name, list(options), description.title)}"
    choices = options[name].choices
    return f'"{value}" is not possible; write {" or ".join(choices)}' if choices and value not in choices else ""


def _nearest(name: str, options: list[str], title: str) -> str:
    near = difflib.get_close_matches(name, [*options, *list_account_keys()], 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"{title} has {', '.join(options)}" if options else f"{title} has no keys of its own"
