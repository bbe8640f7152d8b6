"""Pages over HTTP: the published files as readers fetch them."""

from syndicate.web.app import make_app

__all__ = ["make_app"]
