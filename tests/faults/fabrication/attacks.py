"""What a hostile script might try. Stands alone: it is sent as source, and run with walls and without.

An attack returns evidence if it came through and raises OSError if it was refused. `world` is given by the
test: a file outside, the path of a sibling's job, a port somebody listens on.
"""

# The system call that is meant should be seen.
# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH110, PTH115, PTH116, PTH120, PTH123, PTH208, PTH211

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

ATTACKS = {}
MARKS = {}

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def attack(*marks):
    """Marks: `root` succeeds unconfined only as root, `optional` only on kernels that have it, `fatal` must end the process."""

    def add(function):
        ATTACKS[function.__name__], MARKS[function.__name__] = function, marks
        return function

    return add


def syscall(number, *arguments):
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    answer = libc.syscall(ctypes.c_long(number), *words)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def reaches(number, *arguments):
    """The kernel got as far as looking at the arguments."""
    try:
        return f"answered {syscall(number, *arguments)}"
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise
        return f"looked at the arguments: {error}"


# --- files


@attack()
def open_passwd(world):
    return open("/etc/passwd").read(20)


@attack()
def openat_passwd(world):
    return os.read(os.open("passwd", os.O_RDONLY, dir_fd=os.open("/etc", os.O_PATH)), 20).decode()


@attack()
def openat2_passwd(world):
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    return os.read(syscall(437, -100, b"/etc/passwd", how, 24), 20).decode()


@attack()
def list_root(world):
    return os.listdir("/")


@attack()
def list_homes(world):
    return os.listdir("/home")


@attack()
def list_tmp(world):
    return os.listdir("/tmp")


@attack()
def list_proc(world):
    return os.listdir("/proc/self")


@attack()
def read_outside(world):
    return open(world["outside"]).read()


@attack()
def write_outside(world):
    with open(world["outside"], "w") as file:
        return file.write("pwned")


@attack()
def append_outside(world):
    with open(world["outside"], "a") as file:
        return file.write("pwned")


@attack()
def create_outside(world):
    with open(world["outside"] + ".new", "w") as file:
        return file.write("pwned")


@attack()
def dot_dot(world):
    return open(os.path.relpath(world["outside"])).read()


@attack()
def list_above(world):
    return os.listdir("..")


@attack()
def read_sibling(world):
    return open(world["sibling"]).read()


@attack()
def write_sibling(world):
    with open(world["sibling"], "a") as file:
        return file.write("")  # opening it to write is enough


@attack()
def truncate_by_path(world):
    os.truncate(world["outside"], 0)
    return "truncated"


@attack()
def truncate_by_reading(world):
    return os.open(world["outside"], os.O_RDONLY | os.O_TRUNC)


@attack()
def truncate_by_mode_three(world):
    return os.open(world["outside"], os.O_ACCMODE | os.O_TRUNC)


@attack()
def truncate_by_openat2(world):
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY | os.O_TRUNC, 0, 0)
    return syscall(437, -100, world["outside"].encode(), how, 24)


@attack()
def plant_symlink(world):
    os.symlink("/etc/passwd", "part.stl")
    return os.readlink("part.stl")


@attack()
def plant_hard_link(world):
    os.link(world["outside"], "part.stl")
    return os.stat("part.stl").st_nlink


@attack()
def plant_hard_link_to_own(world):
    open("own", "w").close()
    os.link("own", "part.stl")
    return os.stat("part.stl").st_nlink


@attack()
def plant_fifo(world):
    os.mkfifo("part.stl")
    return "made"


@attack()
def plant_folder(world):
    os.mkdir("part.stl")
    return "made"


@attack()
def plant_socket(world):
    socket.socket(socket.AF_UNIX).bind("part.stl")
    return "bound"


@attack()
def hide_in_unnamed_file(world):
    return os.open(".", os.O_TMPFILE | os.O_RDWR)


@attack()
def hide_by_unlinking(world):
    with open("big", "w"):
        os.unlink("big")
    return "hidden"


@attack()
def rename_away(world):
    open("mine", "w").close()
    os.rename("mine", world["outside"] + ".moved")
    return "moved"


@attack()
def unlink_outside(world):
    os.unlink(world["outside"])
    return "gone"


@attack()
def chmod_outside(world):
    os.chmod(world["outside"], 0o777)
    return "changed"


@attack()
def chown_outside(world):
    os.chown(world["outside"], os.getuid(), os.getgid())
    return "changed"


@attack()
def utime_outside(world):
    os.utime(world["outside"], (0, 0))
    return "changed"


@attack("optional")
def xattr_outside(world):
    os.setxattr(world["outside"], "user.pwned", b"1")
    return "set"


@attack("root")
def chroot(world):
    os.chroot(".")
    return "moved"


@attack("root", "fatal")
def mount(world):
    return reaches(165, 0, 0, 0, 0, 0)


@attack("root", "fatal")
def open_by_handle(world):
    return reaches(304, -100, 0, 0)


def _beside_the_script(world, act):
    """`act` on an input and on a folder of inputs; unconfined they are ours to change, as any file is."""
    if not os.path.exists("lib"):
        os.mkdir("lib")
        open("lib/teeth.py", "w").close()
    return act("lib/teeth.py")


@attack()
def write_input(world):
    return _beside_the_script(world, lambda path: open(path, "w").write("changed"))


@attack()
def append_input(world):
    return _beside_the_script(world, lambda path: open(path, "a").write("changed"))


@attack()
def truncate_input(world):
    return _beside_the_script(world, lambda path: os.truncate(path, 0)) or "truncated"


@attack()
def unlock_input(world):
    return _beside_the_script(world, lambda path: os.chmod(path, 0o666)) or "unlocked"


@attack()
def unlock_input_folder(world):
    return _beside_the_script(world, lambda path: os.chmod(os.path.dirname(path), 0o777)) or "unlocked"


@attack()
def write_among_inputs(world):
    return _beside_the_script(world, lambda path: open(path + ".new", "w").write("new"))


@attack()
def replace_input(world):
    return _beside_the_script(world, os.unlink) or "gone"


# --- the parent, and what it left lying about


@attack("root")
def parent_memory(world):
    with open(f"/proc/{os.getppid()}/maps") as maps, open(f"/proc/{os.getppid()}/mem", "rb", 0) as memory:
        memory.seek(int(maps.readline().split("-")[0], 16))
        return memory.read(16).hex()


@attack("root")
def parent_environment(world):
    return open(f"/proc/{os.getppid()}/environ", "rb").read(20).hex() or "empty"


@attack("root")
def parent_descriptors(world):
    return os.listdir(f"/proc/{os.getppid()}/fd")


@attack("root", "fatal")
def parent_vm_read(world):
    return reaches(310, os.getppid(), 0, 0, 0, 0, 0)


@attack("fatal")
def parent_ptrace(world):
    return reaches(101, 2, os.getppid(), 0, 0)


@attack("root", "fatal")
def parent_pidfd(world):
    return syscall(438, syscall(434, os.getppid(), 0), 0, 0)


@attack()
def parent_signal(world):
    os.kill(os.getppid(), 0)
    return "could signal"


@attack()
def group_signal(world):
    os.kill(0, 0)
    return "could signal"


@attack()
def signal_by_descriptor_owner(world):
    import fcntl

    # F_SETOWN names who gets SIGIO for a descriptor: a signal sent by detour.
    fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())
    return "set"


@attack("root")
def parent_limits(world):
    return resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)


@attack()
def own_limits(world):
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
    except ValueError as error:  # Python's word for EPERM here
        raise OSError(errno.EPERM, str(error)) from error
    return "set"


@attack("root", "optional")
def raise_limits(world):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except ValueError as error:
        raise OSError(errno.EPERM, str(error)) from error
    return "raised"


@attack()
def outlive_parent(world):
    if libc.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "would outlive its parent"


@attack()
def become_dumpable(world):
    if libc.prctl(4, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "dumpable"


@attack()
def inherited_descriptors(world):
    found = []
    for fd in range(4, 256):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found.append(fd)
    if not found:
        raise OSError(errno.EBADF, "none")
    return found


@attack()
def environment(world):
    """All there is in it is where the job's own folder lies."""
    if dict(os.environ).items() <= {"HOME": str(Path.cwd())}.items():
        raise OSError(errno.ENOENT, "nothing of the world")
    return sorted(os.environ)


# --- the network


def _socket_attack(family, kind=socket.SOCK_STREAM):
    def opens(world):
        return socket.socket(family, kind).fileno()

    return opens


for _name, _family, _kind, _marks in (
    ("inet", socket.AF_INET, socket.SOCK_STREAM, ()),
    ("inet6", socket.AF_INET6, socket.SOCK_STREAM, ("optional",)),
    ("unix", socket.AF_UNIX, socket.SOCK_STREAM, ()),
    ("netlink", socket.AF_NETLINK, socket.SOCK_RAW, ()),
    ("packet", socket.AF_PACKET, socket.SOCK_RAW, ("root", "optional")),
    ("vsock", socket.AF_VSOCK, socket.SOCK_STREAM, ("optional",)),
):
    ATTACKS[f"socket_{_name}"], MARKS[f"socket_{_name}"] = _socket_attack(_family, _kind), _marks


@attack()
def socket_pair(world):
    return len(socket.socketpair())


@attack()
def udp(world):
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", world["port"]))


@attack()
def raw_socket_syscall(world):
    return syscall(41, 2, 1, 0)


@attack()
def fetch(world):
    return urllib.request.urlopen(f"http://127.0.0.1:{world['port']}/", timeout=5).status


@attack("optional", "fatal")
def io_uring(world):
    return reaches(425, 1, 0)


# --- other programs, other processes, other privileges


@attack()
def run_subprocess(world):
    return subprocess.run(["/bin/true"], check=True).returncode


@attack()
def run_system(world):
    status = os.system("true")
    if status:
        raise OSError(errno.EPERM, f"system answered {status}")
    return "ran"


@attack()
def spawn(world):
    return os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


@attack()
def execve(world):
    # Refused for its arguments only if it was not refused before.
    return reaches(59, 0, 0, 0)


def _forked(pid):
    if pid == 0:
        os._exit(0)
    return os.waitpid(pid, 0)


@attack()
def fork(world):
    return _forked(os.fork())


@attack()
def raw_clone(world):
    return _forked(syscall(56, signal.SIGCHLD, 0, 0, 0, 0))


@attack()
def raw_clone3(world):
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    return _forked(syscall(435, arguments, 64))


@attack()
def vfork(world):
    # The child shares our memory and stack, so it must end without a word: mov eax, 58 (vfork); syscall;
    # test eax, eax; jnz out; xor edi, edi; mov eax, 60 (exit); syscall; out: ret
    pid = _machine_code(b"\xb8\x3a\x00\x00\x00\x0f\x05\x85\xc0\x75\x09\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05\xc3")
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return _forked(pid)


@attack("fatal")
def enter_namespace(world):
    return reaches(308, -1, 0)


@attack("fatal")
def user_namespace(world):
    return reaches(272, 0x10000000)


@attack("root")
def clone_namespace(world):
    return _forked(syscall(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))


@attack()
def memory_file(world):
    return os.memfd_create("payload")


@attack()
def execveat(world):
    return reaches(322, -1, b"", 0, 0, 0x1000)


_SAYS_SO = b"""#!/bin/sh
echo '{"came_through": "it was executed"}'
"""


def _execute(descriptor):
    arguments = (ctypes.c_char_p * 2)(b"payload", None)
    return syscall(322, descriptor, b"", arguments, None, 0x1000)


@attack()
def execute_memory_file(world):
    """One that was written, and in no folder that a wall could close."""
    descriptor = os.memfd_create("payload", 0)
    os.write(descriptor, _SAYS_SO)
    return _execute(descriptor)


@attack()
def execute_own_file(world):
    """The job's folder is the one place where a job may write a program."""
    with open("payload", "wb") as file:
        file.write(_SAYS_SO)
    os.chmod("payload", 0o700)
    descriptor = os.open("payload", os.O_RDONLY)
    os.set_inheritable(descriptor, True)  # a script is opened again, by its descriptor's name
    return _execute(descriptor)


@attack()
def set_uid(world):
    os.setuid(os.getuid())
    return "set"


def _machine_code(code):
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    return function()


@attack("optional", "fatal")
def int_0x80(world):
    pid = _machine_code(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid


@attack("optional", "fatal")
def x32(world):
    return syscall(0x40000000 | 39)


@attack("root", "optional", "fatal")
def bpf(world):
    return reaches(321, 0, 0, 0)


@attack("optional", "fatal")
def perf(world):
    return reaches(298, 0, 0, 0, 0, 0)


@attack("optional", "fatal")
def userfaultfd(world):
    return reaches(323, 1)


@attack("optional", "fatal")
def keyring(world):
    return reaches(250, 0, -3, 0)


@attack("root", "optional", "fatal")
def kernel_module(world):
    return reaches(313, -1, 0, 0)


@attack("fatal")
def own_filter(world):
    return reaches(317, 1, 0, 0)


def probe(world):
    """Try `world["attack"]`; a refusal is an answer, a mistake in the attack is none."""
    try:
        return {"came_through": str(ATTACKS[world["attack"]](world))}
    except OSError as error:
        return {"refused": f"{type(error).__name__}: {error}", "errno": error.errno}


if __name__ == "__main__":
    import json

    print(json.dumps(probe(json.loads(sys.argv[1]))))
