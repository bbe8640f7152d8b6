"""Jinja2 for texts a user may restyle: sandboxed, and loud about every name that does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, wraps
from math import prod
from typing import Any, NoReturn, cast

from jinja2 import (
    DictLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment, safe_range
from jinja2.visitor import NodeTransformer

from syndicate.errors import ConfigError, contain

MAX_OUTPUT = 64 * 1024
"""Bytes of text that a plain-text template may make."""
MAX_STEPS = 10_000
"""Turns of its loops, calls, filters and sums; each costs more where it works on a long text."""
MAX_PAGE, MAX_PAGE_STEPS = 16 * 1024 * 1024, 1_000_000
"""The same for a page."""
_LETTERS_A_STEP = 100
_MOST_POWER = 64
_WIDE = re.compile(r"%[^%a-zA-Z]*(?:\d{5}|\*)|\{[^{}]*:[^{}]*(?:\d{5}|\{)")
"""A width of five digits, or one that is computed, in what `%` and `format` take."""
_BUDGET, _TURNS, _JOINED = "_budget", "_turns", "_joined"


def compile_html_template(
    source: str,
    *,
    where: str = "",
    filters: Mapping[str, Callable[..., object]] | None = None,
    parts: Mapping[str, str] | None = None,
) -> Callable[[Mapping[str, object]], str]:
    """A page to be filled again and again, since compiling takes longer than filling.

    Every value is escaped unless it is Markup. Both steps raise ConfigError with file and line.
    `parts` are further templates by the names under which it extends or imports them.
    """
    environment = _Counted(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    environment.filters.update(filters or {})
    environment.loader = DictLoader(parts or {})
    with contain(lambda error: tell_broken(error, where)):
        template = environment.from_string(source)

    def fill(values: Mapping[str, object]) -> str:
        with contain(lambda error: tell_unfilled(error, where)):
            return _collect(template, values, MAX_PAGE, MAX_PAGE_STEPS)

    return fill


def make_environment() -> SandboxedEnvironment:
    """For plain text: values go in as they are, and what comes out has limits (see `render_limited`)."""
    return _Limited(trim_blocks=True, lstrip_blocks=True, autoescape=False)


_share_environment = lru_cache(maxsize=1)(make_environment)


def render_limited(template: Template, values: Mapping[str, object]) -> str:
    """The template filled. Raises TooMuch for more than 64 KB, more than 10,000 steps, or a piece larger than that."""
    return _collect(template, values, MAX_OUTPUT, MAX_STEPS)


def _collect(template: Template, values: Mapping[str, object], output: int, steps: int) -> str:
    """Raises TooMuch beyond so many bytes of output or so many steps."""
    pieces, size = [], 0
    for piece in template.generate({**values, _BUDGET: _Budget(steps)}):
        pieces.append(piece)
        size += len(piece.encode("utf-8", "surrogatepass"))
        if size > output:
            raise TooMuch(f"it makes more than {output // 1024:,} KB of text")
    return "".join(pieces)


@lru_cache(maxsize=256)
def compile_value(source: str) -> Callable[[Mapping[str, object]], Any]:
    """An expression such as "1 if wide else 2", with the limits of a text. Raises TemplateError, now or later.

    Kept: a card's layouts say most things alike.
    """
    compiled = _share_environment().compile_expression(source, undefined_to_none=False)
    return lambda words: compiled({**words, _BUDGET: _Budget(MAX_STEPS)})


@lru_cache(maxsize=256)
def compile_text(source: str) -> Callable[[Mapping[str, object]], str]:
    """A text with values in it. Errors as above."""
    template = _share_environment().from_string(source)
    return lambda words: render_limited(template, words)


class TooMuch(TemplateError):
    """A template does more than any message needs."""


class _Budget:
    """The steps that one filling has left."""

    def __init__(self, steps: int) -> None:
        self._steps = self._left = steps

    def spend(self, steps: int = 1) -> None:
        if self._left < steps:
            raise TooMuch(f"it takes more than {self._steps:,} steps")
        self._left -= steps


class _Counted(SandboxedEnvironment):
    """Each turn of a loop and each call is a step."""

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, finalize=_require_words, **options)
        self.filters = {**self.filters, _TURNS: _count_turns}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Loops count their turns."""
        tree = super()._parse(source, name, filename)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = nodes.Filter(loop.iter, _TURNS, [], [], None, None, lineno=loop.lineno)
        return tree

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja has it
        _spend(__context, getattr(__obj, "__self__", None), *args)
        return super().call(__context, __obj, *args, **kwargs)


def _require_words(value: Any) -> Any:
    """What stands between braces. What only Python reads is a slip: `{{ tags }}`, or `{{ site.title }}` of a text."""
    is_text = isinstance(value, str | Undefined)  # an unknown name says so itself
    if not is_text and (callable(value) or isinstance(value, Iterable)):
        kind = "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__.replace('_', ' ')}"
        raise TemplateError(f"what stands between {{{{ }}}} is {kind} and no text (a list: | join(', '))")
    return value


class _Limited(_Counted):
    """No call, filter, sum or product makes a piece that is too large."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        filters = {**self.filters, "format": _format, _JOINED: lambda parts: "".join(map(str, parts))}
        self.filters = {name: _guard(function) for name, function in filters.items()} | {_TURNS: _count_turns}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """`a ~ b` is a filter like any other."""
        return cast("nodes.Template", _Joined().visit(super()._parse(source, name, filename)))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja has it
        owner = getattr(__obj, "__self__", None)
        if __obj is not safe_range:  # which has a limit of its own
            _check_arguments(owner, *args, *kwargs.values())
        return _check_size(super().call(__context, __obj, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Any:
        """`"…".format`, which Jinja wraps for safety when it is looked up."""
        owner = getattr(value, "__self__", None)
        if isinstance(owner, str) and value.__name__ in {"format", "format_map"}:
            _check_widths(owner)
        return super().wrap_str_format(value)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Every sum, product, power and `%`."""
        _spend(context, left, right)
        _check_arguments(left, right)
        if operator == "**" and abs(right) > _MOST_POWER:
            raise TooMuch("it reckons with numbers that are too large")
        if operator == "*" and not all(isinstance(side, int | float) for side in (left, right)):
            _check_product(*(side if isinstance(side, int) else len(side) for side in (left, right)))
        if operator == "%" and isinstance(left, str):
            _check_widths(left)
        return _check_size(super().call_binop(context, operator, left, right))


def _format(text: str, *values: object, **named: object) -> str:
    """As Jinja's own filter does it."""
    return _check_widths(text) % (named or values)


def _check_widths(text: str) -> str:
    if _WIDE.search(text):
        raise TooMuch("it makes a text that is too wide")
    return text


class _Joined(NodeTransformer):
    """`a ~ b` as a filter, which has limits."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja looks for it by this name
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, _JOINED, [], [], None, None, lineno=node.lineno)


def _guard(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is given, and gives, nothing too large, and pays for the size of what it is given."""
    wanted = getattr(getattr(function, "jinja_pass_arg", None), "name", "")  # as Jinja's decorators mark a filter

    @pass_context
    @wraps(function, updated=())
    def guarded(context: Context, *args: Any, **kwargs: Any) -> Any:
        _spend(context, *args, *kwargs.values())
        _check_arguments(*args, *kwargs.values())
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        return _check_size(function(*([first[wanted]] if wanted else []), *args, **kwargs))

    return guarded


@pass_context
def _count_turns(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _spend(context)
        yield item


def _spend(context: Context, *given: object) -> None:
    """A step, and one for every hundred letters or items that are worked on.

    Macros that a page imports have a context of their own, and no budget; texts import nothing.
    """
    if _BUDGET in context or isinstance(context.environment, _Limited):
        sizes = (len(one) for one in given if isinstance(one, str | list | tuple | dict))
        context[_BUDGET].spend(1 + sum(sizes) // _LETTERS_A_STEP)


def _check_arguments(*given: object) -> None:
    """Widths and counts, and two texts of which each piece of one may be replaced by the other."""
    if any(isinstance(one, int) and abs(one) > MAX_OUTPUT for one in given):
        raise TooMuch("it reckons with numbers that are too large")
    lengths = sorted(len(one) for one in given if isinstance(one, str))
    _check_product(*lengths[-2:])


def _check_product(*sizes: int) -> None:
    if prod(sizes) > MAX_OUTPUT * 256:
        raise TooMuch("it makes a text that is too long")


def _check_size(value: Any) -> Any:
    if isinstance(value, str | list | tuple) and len(value) > MAX_OUTPUT:
        raise TooMuch("it makes a text that is too long")
    return value


def tell_broken(error: Exception, where: str) -> NoReturn:
    """What compiling a template raised, as its author's ConfigError with file and line."""
    line = f":{error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    raise ConfigError(f"the template is broken: {_say(error)}", where=f"{where}{line}") from error


def tell_unfilled(error: Exception, where: str) -> NoReturn:
    """The same for filling it, where a slip may raise anything: 1/0, "a" + 1, an endless macro, an assertion."""
    raise ConfigError(f"the template cannot be filled: {_say(error)}", where=_place(where, error)) from error


def _say(error: Exception) -> str:
    return str(error.message) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"


def _place(where: str, error: Exception) -> str:
    """The template's name with the line that failed: Jinja maps its tracebacks to the source."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{where}:{line}" if line else where
