"""Jinja2 for texts a user may restyle: sandboxed, and loud about every name that does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from syndicate.errors import ConfigError

# What a slip in a template raises besides Jinja's own errors: 1/0, "a" + 1, an endless macro.
_SLIPS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


def render_text(source: str, values: Mapping[str, object], *, where: str = "") -> str:
    """A plain-text template (messages, cards) filled with values. Raises ConfigError with file and line."""
    return _fill(_compile(make_environment(), source, where), values, where)


def render_html_template(
    source: str,
    values: Mapping[str, object],
    *,
    where: str = "",
    filters: Mapping[str, Callable[..., object]] | None = None,
) -> str:
    """The same for a page: every value is escaped unless it is Markup. Raises ConfigError with file and line."""
    return compile_html_template(source, where=where, filters=filters)(values)


def compile_html_template(
    source: str, *, where: str = "", filters: Mapping[str, Callable[..., object]] | None = None
) -> Callable[[Mapping[str, object]], str]:
    """A page to be filled again and again: compiling takes longer than filling. Errors as above, from both steps."""
    environment = make_html_environment()
    environment.filters.update(filters or {})
    template = _compile(environment, source, where)
    return lambda values: _fill(template, values, where)


def make_environment() -> SandboxedEnvironment:
    """For plain text: values go in as they are."""
    return SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)


def make_html_environment() -> SandboxedEnvironment:
    """For HTML: values are escaped."""
    return SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)


def _compile(environment: SandboxedEnvironment, source: str, where: str) -> Template:
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ConfigError(f"the template is broken: {error.message}", where=f"{where}:{error.lineno}") from error
    except (TemplateError, *_SLIPS) as error:
        raise ConfigError(f"the template is broken: {error}", where=where) from error


def _fill(template: Template, values: Mapping[str, object], where: str) -> str:
    try:
        return template.render(values)
    except TemplateError as error:
        raise ConfigError(f"the template cannot be filled: {error.message}", where=_place(where, error)) from error
    except _SLIPS as error:
        slip = f"{type(error).__name__}: {error}"
        raise ConfigError(f"the template cannot be filled: {slip}", where=_place(where, error)) from error


def _place(where: str, error: Exception) -> str:
    """The template's name with the line that failed: Jinja maps its tracebacks to the source."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{where}:{line}" if line else where
