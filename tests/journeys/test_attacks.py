"""What people, crashes and strangers do to a site, driven through the real command line."""

from tests.journeys.blog import Blog


def test_one_refused_number_keeps_none_of_the_others(tmp_path):
    """A command on several messages, typed again after a crash in the middle, does the rest and names what was done."""
    blog = Blog(tmp_path)
    for slug in ("one", "two"):
        blog.write(slug)
    blog.run("publish")
    first, second = (str(row["id"]) for row in blog.run("--json", "queue", "--all").json)
    blog.run("queue", "release", first)
    again = blog.run("--json", "queue", "release", first, "99", second, code=2)
    assert [(str(row["id"]), row["state"]) for row in again.json] == [(second, "due")]
    assert f"delivery {first} is due" in again.err
    refused = blog.run("queue", "move", first, second, "--to", "never", code=2)
    assert refused.err.count("never") == 1
