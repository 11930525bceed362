"""The assembled filter, run by an interpreter of its own, against the policy read as a person reads it."""

import errno
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry.confinement import bpf, policy
from fabrication.geometry.confinement.policy import Action
from fabrication.geometry.confinement.syscalls import _NUMBERS, ARCHITECTURES, number

PID = 4711
X86 = ARCHITECTURES["x86_64"].audit
KILL, ALLOW = "kill", "allow"


def execute(program, nr, arguments=(0,) * 6, audit=X86):
    """Classic BPF over `struct seccomp_data`, as Documentation/networking/filter.rst describes it."""
    data = struct.pack("=iIQ6Q", nr if nr < 2**31 else nr - 2**32, audit, 0, *arguments)
    accumulator, at = 0, 0
    while True:
        instruction = program[at]
        at += 1
        if instruction.code == bpf.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, instruction.k)
        elif instruction.code == bpf.AND:
            accumulator &= instruction.k
        elif instruction.code == bpf.JUMP_EQUAL:
            at += instruction.on_true if accumulator == instruction.k else instruction.on_false
        elif instruction.code == bpf.JUMP_AT_LEAST:
            at += instruction.on_true if accumulator >= instruction.k else instruction.on_false
        else:
            assert instruction.code == bpf.RETURN
            return instruction.k


def expected(name, arguments):
    if name in policy.KILLED:
        return Action.KILL
    if name in policy.ALLOWED:
        return Action.ALLOW
    for clause in policy.RULES.get(name, ()):
        if all(holds(test, arguments) for test in clause.when):
            return clause.then
    return Action.DENY


def holds(test, arguments):
    value = arguments[test.index] & (test.mask if test.wide else test.mask & 0xFFFFFFFF)
    return value == (PID if test.value == policy.SELF else test.value)


def verdict(answer):
    if answer == bpf.RET_ALLOW:
        return Action.ALLOW
    if answer == bpf.RET_KILL_PROCESS:
        return Action.KILL
    return {bpf.RET_ERRNO | errno.EPERM: Action.DENY, bpf.RET_ERRNO | errno.ENOSYS: Action.ABSENT}[answer]


telling = st.one_of(
    st.sampled_from(
        [0, 1, 2, 3, 4, 8, 9, PID, os.O_TRUNC, os.O_TRUNC | 1, os.O_PATH, os.O_TMPFILE, 0x10900, 0x10011, 0x5401]
    ),
    st.sampled_from([2**32, 2**32 + PID, 2**63, 0xFFFFFFFF, 2**32 | 3, 1030, 15, 0x53564D41]),
    st.integers(0, 2**64 - 1),
)


@pytest.mark.parametrize("machine", ARCHITECTURES)
@given(name=st.sampled_from(sorted(_NUMBERS)), arguments=st.tuples(*[telling] * 6))
def test_the_filter_is_the_policy(machine, name, arguments):
    nr = number(name, machine)
    if nr is not None:
        answer = execute(bpf.program(machine, PID), nr, arguments, ARCHITECTURES[machine].audit)
        assert verdict(answer) is expected(name, arguments)


@given(nr=st.integers(0, 2**32 - 1))
def test_a_number_on_no_list_is_denied_and_x32_is_killed(nr):
    if nr in {number(name, "x86_64") for name in _NUMBERS}:
        return
    answer = execute(bpf.program("x86_64", PID), nr)
    assert verdict(answer) is (Action.KILL if nr >= policy.X32_BIT else Action.DENY)


@given(audit=st.integers(0, 2**32 - 1).filter(lambda audit: audit != X86), nr=st.integers(0, 500))
def test_any_other_architecture_is_killed(audit, nr):
    assert execute(bpf.program("x86_64", PID), nr, audit=audit) == bpf.RET_KILL_PROCESS


def test_it_keeps_within_what_the_kernel_takes():
    for machine in ARCHITECTURES:
        program = bpf.program(machine, PID)
        assert len(program) < 4096
        assert all(len(instruction.packed()) == 8 for instruction in program)
        assert all(0 <= i.on_true < 256 and 0 <= i.on_false < 256 for i in program)


def test_an_unlisted_machine_has_no_filter():
    with pytest.raises(KeyError):
        bpf.program("riscv64", PID)
