"""Reads the folder of posts: the author's files become a Snapshot, each trouble a Problem with file and line.

`folder.ContentFolder` reads, and where it is kept opens only what changed. `look_at_posts` tells cheaply whether to
read at all: whoever only asks that loads nothing that reads posts.
"""

from syndicate.content.scanning import SeenFiles, SeenPosts, look_at_files, look_at_posts

__all__ = ["SeenFiles", "SeenPosts", "look_at_files", "look_at_posts"]
