standard = {"thickness": 5.0, "back": 1.0}
