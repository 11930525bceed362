"""A program in memory, for conversations without a disk."""


class Commands:
    """`given` counts the lines that were taken to be sent."""

    def __init__(self, commands) -> None:
        self.commands = list(commands)
        self.total = len(self.commands)
        self.given = 0

    def lines(self, first: int):
        for command in self.commands[first - 1 :]:
            self.given += 1
            yield command

    def rehearsal(self):
        return iter(self.commands)
