"""People: signing up, in and out. There are no roles; what is yours is yours."""
