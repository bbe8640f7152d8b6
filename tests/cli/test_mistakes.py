"""What syndicate.toml asks of networks in vain is told at once: file, line, key, and what may have been meant."""

import pytest

from tests.journeys.blog import CONFIG, Blog

HEAD = CONFIG.partition("[accounts.timeline]")[0]
LINE = HEAD.count("\n") + 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mastadon", 'there is no network "mastadon"; did you mean "mastodon"'),
        ("Twitter", 'there is no network "Twitter"; did you mean "x"?'),
        ("lokal", 'did you mean "local"?'),
        ("carrier pigeon", "known: local, mastodon, bluesky, x, "),
    ],
)
def test_an_unknown_network_names_file_line_key_and_the_nearest(tmp_path, written, said):
    """A typing error in `network` leads straight to its place, whatever command is run."""
    blog = Blog(tmp_path, f'{HEAD}[accounts.main]\nnetwork = "{written}"\n')
    for words in (["plan"], ["publish"], ["doctor"], ["accounts"], ["status"]):
        error = blog.run(*words, code=2).err
        assert error.startswith(f"syndicate: {tmp_path}/syndicate.toml: one thing is wrong\n")
        assert f"  line {LINE + 1}, accounts.main.network: " in error
        assert said in error


def test_all_mistakes_of_all_accounts_are_told_at_once(tmp_path):
    """Unknown, missing and impossible options, each with its line; keys that every account takes are near ones, too."""
    accounts = (
        '[accounts.one]\nnetwork = "mastodon"\ninstanse = "https://social.example"\n'
        '[accounts.two]\nnetwork = "local"\ntemplte = "short"\nfrequency = 3\n'
        '[accounts.three]\nnetwork = "nowhere"\n'
    )
    error = Blog(tmp_path, HEAD + accounts).run("plan", code=2).err
    assert "5 things are wrong" in error
    assert f"line {LINE}, accounts.one.instance: is missing: " in error
    assert f"line {LINE + 2}, accounts.one.instanse: there is no such key; did you mean instance?" in error
    assert f"line {LINE + 5}, accounts.two.templte: there is no such key; did you mean template?" in error
    assert f"line {LINE + 6}, accounts.two.frequency: there is no such key; " in error
    assert f"line {LINE + 8}, accounts.three.network: " in error
