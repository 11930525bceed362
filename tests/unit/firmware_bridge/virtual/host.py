"""What speaks with a virtual machine in virtual time."""


class Host:
    """`make` gives the machine, which is handed where to note what it executes."""

    def __init__(self, make) -> None:
        self.executed = []
        self.machine = make(lambda number, line: self.executed.append((number, line)))
        self.now = 0.0
        self.greeting = self.machine.advance(0.0).decode()

    def say(self, data: bytes, after: float = 0.0) -> str:
        self.now += after
        self.machine.receive(data, self.now)
        return self.machine.advance(self.now).decode()

    def wait(self, seconds: float) -> str:
        """In steps no longer than the machine asks for, as its shell does."""
        said, until = b"", self.now + seconds
        while self.now < until:
            wake_at = self.machine.wake_at
            self.now = until if wake_at is None else min(max(wake_at, self.now + 1e-6), until)
            said += self.machine.advance(self.now)
        return said.decode()
