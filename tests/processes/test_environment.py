"""What other programs hear of us."""

from __future__ import annotations

from syndicate.processes import clean_environment


def test_other_programs_learn_where_they_are_and_no_secret() -> None:
    """Paths, language and desktop stay; tokens, passwords and what git tells its hooks go."""
    kept = {"PATH": "/bin", "HOME": "/home/ann", "LC_ALL": "C", "XDG_RUNTIME_DIR": "/run", "DISPLAY": ":0"}
    lost = {
        "SYNDICATE_X_TOKEN": "s3cret",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "GIT_DIR": "/elsewhere",
        "PYTHONPATH": "x",
    }
    assert clean_environment(kept | lost) == kept
