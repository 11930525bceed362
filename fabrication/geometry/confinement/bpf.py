"""The policy as a seccomp filter: classic BPF, assembled here so that it can be read and tested. Pure.

A filter program sees `struct seccomp_data` (include/uapi/linux/seccomp.h): number at 0, architecture
at 4, six 64-bit arguments from 16. Every test jumps at most over its own block, so offsets stay small.
"""

import struct
from dataclasses import dataclass

from fabrication.geometry.confinement import policy
from fabrication.geometry.confinement.policy import Action, Argument, Clause, Policy
from fabrication.geometry.confinement.syscalls import ARCHITECTURES, number

# include/uapi/linux/bpf_common.h
LOAD, AND, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
# include/uapi/linux/seccomp.h
RET_KILL_PROCESS, RET_ERRNO, RET_ALLOW = 0x80000000, 0x00050000, 0x7FFF0000

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16


@dataclass(frozen=True, slots=True)
class Instruction:
    """`struct sock_filter`; `on_true` and `on_false` count the instructions skipped."""

    code: int
    k: int
    on_true: int = 0
    on_false: int = 0

    def packed(self) -> bytes:
        return struct.pack("=HBBI", self.code, self.on_true, self.on_false, self.k)


def program(machine: str, pid: int, rules: Policy = policy.SCRIPT) -> list[Instruction]:
    """The filter for the process `pid` on `machine` (`os.uname().machine`). Raises KeyError on an unlisted machine."""
    instructions = [
        Instruction(LOAD, _ARCHITECTURE),
        Instruction(JUMP_EQUAL, ARCHITECTURES[machine].audit, on_true=1),
        _ret(Action.KILL),
        Instruction(LOAD, _NUMBER),
        Instruction(JUMP_AT_LEAST, policy.X32_BIT, on_false=1),
        _ret(Action.KILL),
    ]
    blocks: dict[str, list[Instruction]] = {name: [_ret(Action.KILL)] for name in sorted(rules.killed)}
    blocks |= {name: _rule(clauses, pid) for name, clauses in rules.rules.items()}
    blocks |= {name: [_ret(Action.ALLOW)] for name in sorted(rules.allowed)}
    for name, block in blocks.items():
        nr = number(name, machine)
        if nr is not None:
            instructions += [Instruction(JUMP_EQUAL, nr, on_false=len(block)), *block]
    return [*instructions, _ret(Action.DENY)]


def _rule(clauses: tuple[Clause, ...], pid: int) -> list[Instruction]:
    block: list[Instruction] = []
    for clause in clauses:
        tests = [test for argument in clause.when for test in _tests(argument, pid)]
        # Each test that fails jumps behind the clause's own return.
        length = sum(len(test) for test in tests) + 1
        for test in tests:
            *loads, value = test
            length -= len(test)
            block += [*loads, Instruction(JUMP_EQUAL, value.k, on_false=length)]
        block.append(_ret(clause.then))
    return [*block, _ret(Action.DENY)]


def _tests(argument: Argument, pid: int) -> list[list[Instruction]]:
    value = pid if argument.value == policy.SELF else argument.value
    offset = _ARGUMENTS + 8 * argument.index
    words = [(offset, 0), (offset + 4, 32)] if argument.wide else [(offset, 0)]  # both machines are little-endian
    return [
        [
            Instruction(LOAD, at),
            Instruction(AND, argument.mask >> shift & 0xFFFFFFFF),
            Instruction(JUMP_EQUAL, value >> shift & 0xFFFFFFFF),
        ]
        for at, shift in words
    ]


def _ret(action: Action) -> Instruction:
    if action is Action.ALLOW:
        return Instruction(RETURN, RET_ALLOW)
    if action is Action.KILL:
        return Instruction(RETURN, RET_KILL_PROCESS)
    return Instruction(RETURN, RET_ERRNO | policy.ERRNO[action])
