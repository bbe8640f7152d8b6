"""Where published files go: a local folder, or an object store."""

from __future__ import annotations

from syndicate.errors import ConfigError
from syndicate.output.base import Output
from syndicate.output.folder import FolderOutput

__all__ = ["FolderOutput", "Output", "open_output"]


def open_output(publish_to: str) -> Output:
    """The output behind `publish_to`: an absolute folder, or an address such as "s3://bucket/prefix".

    Raises ConfigError for an unknown scheme or a missing extra.
    """
    if "://" not in publish_to:
        return FolderOutput(publish_to)
    try:
        from syndicate.output.bucket import open_bucket  # noqa: PLC0415  # obstore is an extra
    except ImportError as error:
        raise ConfigError(
            "an object store needs obstore", where="storage.publish_to", hint='pip install "syndicate-feeds[s3]"'
        ) from error
    return open_bucket(publish_to)
