"""A process with `going_on`, asked through pipes, so that its standard input can be whatever a test wants.

`python … QUESTIONS ANSWERS`: two descriptors."""

import os
import sys

from firmware_bridge.commands.going_on import going_on


def main(questions: int, answers: int) -> None:
    with going_on() as person, os.fdopen(questions) as asked:
        for question in asked:
            answer = {"pid": os.getpid, "how": lambda: person.how, "asked": person.asked}[question.strip()]()
            os.write(answers, f"{answer}\n".encode())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
