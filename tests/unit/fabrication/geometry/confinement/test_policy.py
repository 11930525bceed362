from fabrication.geometry.confinement import policy
from fabrication.geometry.confinement.policy import Action
from fabrication.geometry.confinement.syscalls import _NUMBERS, ARCHITECTURES, number

NAMED = policy.ALLOWED | policy.KILLED | policy.RULES.keys()


def test_each_call_has_one_place_in_the_policy():
    assert not policy.ALLOWED & policy.KILLED
    assert not policy.RULES.keys() & (policy.ALLOWED | policy.KILLED)


def test_every_named_call_has_numbers_and_no_number_is_shared():
    assert _NUMBERS.keys() >= NAMED
    for machine in ARCHITECTURES:
        numbers = [number(name, machine) for name in _NUMBERS if number(name, machine) is not None]
        assert len(numbers) == len(set(numbers))


def test_every_architecture_knows_the_calls_that_matter():
    for machine in ARCHITECTURES:
        assert all(number(name, machine) is not None for name in policy.KILLED)
        assert all(number(name, machine) is not None for name in ("openat", "clone", "landlock_restrict_self"))


def test_what_must_not_be_allowed_is_not():
    ways_out = (
        "socket connect bind sendto execve execveat fork vfork memfd_create chmod chown rename unlink link symlink mkdir "
        "mknod truncate chroot setuid setgid setgroups capset setrlimit sched_setaffinity tkill rt_sigqueueinfo "
        "setxattr utimensat pipe2 eventfd2 inotify_init1 fanotify_init shmget msgget semget mq_open ioperm iopl"
    )
    assert not NAMED & set(ways_out.split())


def test_new_calls_are_absent_so_that_the_c_library_falls_back():
    for name in ("clone3", "openat2"):
        (clause,) = policy.RULES[name]
        assert clause.when == ()
        assert clause.then is Action.ABSENT


def test_the_slicer_may_little_more_than_a_script_and_only_by_name():
    more = policy.SLICER.allowed - policy.SCRIPT.allowed
    assert more == set(" ".join(policy.SLICER_ALLOWED_FOR.values()).split())
    assert not more & (policy.KILLED | policy.RULES.keys())
    assert (policy.SLICER.killed, policy.SLICER.rules) == (policy.SCRIPT.killed, policy.SCRIPT.rules)
    for machine in ARCHITECTURES:
        assert all(name in _NUMBERS for name in more), machine
