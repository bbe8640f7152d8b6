"""What is coming is said before it comes, and what a person decided lasts, by the real command line."""

from tests.journeys.blog import Blog


def test_a_release_wins_over_the_wish_in_the_post(tmp_path):
    """A post that was there before and asks to be skipped is sent once a person releases it; a new wish counts."""
    blog = Blog(tmp_path)
    blog.write("old", social={"all": {"skip": True}})
    blog.run("publish")
    (row,) = blog.run("--json", "queue", "--all").json
    assert (row["state"], row["reason"]) == ("skipped", "baseline")
    blog.run("queue", "release", str(row["id"]))
    blog.run("publish")
    assert blog.run("--json", "queue").json[0]["state"] == "due"
    blog.write("old")
    blog.run("publish")
    assert blog.run("--json", "queue").json[0]["state"] == "due"
