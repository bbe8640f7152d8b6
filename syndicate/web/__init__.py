"""Pages over HTTP: the published files as readers fetch them."""

from syndicate.web.asgi import make_app
from syndicate.web.server import Current

__all__ = ["Current", "make_app"]
