"""What the daemon's rounds write into the log."""

from syndicate.app.app import open_app
from syndicate.app.rounds import Rounds
from tests.app.late import wait_for_accounts
from tests.journeys.blog import Blog


def test_a_problem_reads_the_same_in_the_log_and_on_the_command_line(tmp_path, caplog):
    """File, line, key, what is wrong and what to do; no line where none is known; told once, as a warning."""
    blog = Blog(tmp_path)
    blog.write("good")
    blog.write("bad", date="someday")
    (blog.posts / "empty.md").write_bytes(b"\xff\xfe\x00")
    printed = blog.run("publish", code=1).err.splitlines()
    said = [line for line in printed if not line.startswith("! ")]  # what holds for the whole site
    assert any(line.startswith("bad.md:3: date: ") for line in said)
    with open_app(tmp_path / "syndicate.toml") as app:
        rounds = Rounds(app)
        for _ in range(2):
            rounds.publish_round()
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert [warned.count(line) for line in said] == [1] * len(said)


def test_a_question_about_new_posts_is_said_once(tmp_path, caplog):
    """As a warning: the line of the round that saw them does not repeat it."""
    blog = Blog(tmp_path)
    blog.write("zero")
    blog.run("publish")
    for number in range(7):
        blog.write(f"post-{number}", title=f"{chr(65 + number) * 9}", body=f"{number * 7919} words " * 9)
    with open_app(tmp_path / "syndicate.toml") as app:
        line = Rounds(app).publish_round()
    assert "7 new posts" in line
    assert "posts at once" not in line
    assert caplog.text.count("7 posts at once are held on timeline") == 1


def test_each_message_has_a_line_of_its_own(tmp_path):
    """Whatever went out in one round."""
    blog = Blog(tmp_path)
    blog.write("zero")
    blog.run("publish")
    for slug in ("one", "two"):
        blog.write(slug)
    with open_app(tmp_path / "syndicate.toml") as app:
        rounds = Rounds(app)
        rounds.publish_round()
        lines: list[str] = []
        rounds.deliver_round(lines.append)
        wait_for_accounts()
    assert sorted(line.partition(" ")[0] for line in lines[0].splitlines()) == ["one", "two"]


def test_a_post_that_is_a_draft_again_before_the_call_takes_its_message_along(tmp_path):
    """Nobody is asked, and nothing is said twice: it goes out once it is published again."""
    blog = Blog(tmp_path)
    blog.write("zero")
    blog.run("publish")
    with open_app(tmp_path / "syndicate.toml") as app:
        for is_draft in (True, False):
            blog.write("one")
            app.publish()
            blog.write("one", draft=is_draft)
            app.deliver_due()
            assert len(blog.timeline()) == 1 - is_draft
            app.publish()
            assert blog.run("status").code == 0
