"""Designs and their revisions: browsing, searching, altering in the browser, downloading, importing."""
