import sysconfig
from pathlib import Path

import fabrication
from fabrication.geometry.confinement import landlock


def test_readable_are_libraries_and_nothing_that_holds_more():
    readable = [Path(folder) for folder in landlock.readable_folders()]
    package = Path(fabrication.__file__).parent
    assert any(package.is_relative_to(folder) for folder in readable)
    assert any(Path(sysconfig.get_path("stdlib")).resolve().is_relative_to(folder) for folder in readable)
    assert any(Path(sysconfig.get_path("purelib")).resolve().is_relative_to(folder) for folder in readable)
    for shut in ("/etc/passwd", "/proc/self", "/home", "/root/.ssh", "/tmp", "/var/lib", package.parent / "var"):
        assert not any(Path(shut).is_relative_to(folder) for folder in readable), shut


def test_a_kernel_without_it_has_abi_zero_and_this_one_a_small_number():
    assert 0 <= landlock.kernel_abi() < 100
