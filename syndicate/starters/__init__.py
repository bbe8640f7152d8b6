"""Beginnings: the sample site for an empty folder, and a good guess for a folder that already holds a blog."""

from syndicate.starters.found import QUESTION, Clue
from syndicate.starters.guess import Guess, guess_site
from syndicate.starters.write_files import render_config, write_new_files
