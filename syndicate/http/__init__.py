"""One HTTP client for the whole house: time limits, size limits, address guard, user agent, error mapping.

Two doors, because two kinds of address exist. `fetch` takes addresses that came from content (pictures,
permalinks, other people's pages): every hop is resolved and refused where it leads into a private network.
`call` takes addresses that the person configured (a network's API, a hub): no redirects, one call is one
attempt, and a call that publishes turns every unclear ending into `Uncertain`.
"""

from syndicate.http.client import USER_AGENT, Client, utc_now
from syndicate.http.exchange import MAX_BODY, Response
from syndicate.http.servers import is_public, name_server

__all__ = ["MAX_BODY", "USER_AGENT", "Client", "Response", "is_public", "name_server", "utc_now"]
