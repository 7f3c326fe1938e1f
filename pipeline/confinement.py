"""The walls around one decoding job: resource limits, an unprivileged user, a system-call filter.

Limits alone do not stop a decoder that was taken over: it still reads files and opens sockets.
The user stops writing, signalling and forking; the filter stops reading, sockets and programs.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import resource
import signal
from dataclasses import dataclass, field
from typing import Any

from pipeline.kinds import DecodeLimits

try:  # loads libseccomp.so.2, which a machine may lack
    import pyseccomp
except (ImportError, RuntimeError, OSError):
    pyseccomp = None

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_PROT_EXEC = 4
_CPU_GRACE_SECONDS = 2
_ALLOWED = (
    *("read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "lseek", "ftruncate"),
    *("close", "fstat", "fcntl", "dup", "munmap", "mremap", "brk", "madvise", "futex"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "getpid", "gettid"),
    *("getuid", "geteuid", "getgid", "getegid", "clock_gettime", "clock_getres", "gettimeofday"),
    *("time", "clock_nanosleep", "nanosleep", "getrandom", "getrusage", "sched_yield"),
    *("sched_getaffinity", "sysinfo", "uname", "rseq", "set_robust_list", "restart_syscall"),
    *("exit", "exit_group"),
)
_ALLOWED_WITHOUT_EXEC = ("mmap", "mprotect")
_FATAL = (
    *("execve", "execveat", "socket", "socketpair", "connect", "bind", "ptrace"),
    *("process_vm_readv", "process_vm_writev", "mount", "umount2", "chroot", "setns", "unshare"),
    *("bpf", "keyctl", "add_key", "init_module", "finit_module", "kexec_load"),
)


@dataclass(frozen=True)
class Protection:
    """Which walls stand, as a job that tried them found them."""

    user: bool
    """Jobs run as another user than the archive's."""
    system_calls: bool
    """A filter keeps jobs from files, sockets, processes and programs."""


@dataclass(frozen=True)
class Confinement:
    """The walls, made ready in the warm parent (loading libraries in the child would be refused)."""

    limits: DecodeLimits
    user: tuple[int, int] | None = field(default_factory=lambda: _unprivileged_user())
    call_filter: Any = field(default_factory=lambda: _call_filter())
    libc: ctypes.CDLL = field(default_factory=lambda: ctypes.CDLL(None, use_errno=True))

    def enter(self, *keep: int) -> None:
        """Shut this process in for good, leaving it only standard streams and descriptors ``keep``."""
        _close_all_but({0, 1, 2, *keep})
        parent = os.getppid()
        _limit_resources(self.limits)
        if self.user:
            with contextlib.suppress(
                PermissionError
            ):  # a container may not grant it; Protection tells
                _become(*self.user)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        self.libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self.libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the server died before its death could be signalled
        if self.call_filter:
            with contextlib.suppress(OSError):  # an old kernel; Protection tells
                self.call_filter.load()


def _close_all_but(keep: set[int]) -> None:
    last = -1
    for descriptor in sorted(keep):
        if descriptor > last + 1:  # an empty range would close them all
            os.closerange(last + 1, descriptor)
        last = descriptor
    os.closerange(last + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _limit_resources(limits: DecodeLimits) -> None:
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - pathlib costs time in each job
        own = int(statm.read().split()[0]) * resource.getpagesize()
    cpu = (limits.cpu_seconds, limits.cpu_seconds + _CPU_GRACE_SECONDS)
    for what, most in (
        (resource.RLIMIT_AS, (own + limits.memory_bytes,) * 2),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, (limits.max_result_bytes,) * 2),
        (resource.RLIMIT_NOFILE, (limits.descriptors,) * 2),
        (resource.RLIMIT_CORE, (0, 0)),
    ):
        resource.setrlimit(what, most)


def _unprivileged_user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return nobody.pw_uid, nobody.pw_gid


def _become(user: int, group: int) -> None:
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


def _call_filter() -> Any:
    """Build the filter: what decoding needs, errors for the rest, death for what only an attack does."""
    if pyseccomp is None:
        return None
    calls = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))  # EPERM
    without_exec = pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _PROT_EXEC, 0)
    for name in _ALLOWED:
        _rule(calls, pyseccomp.ALLOW, name)
    for name in _ALLOWED_WITHOUT_EXEC:
        _rule(calls, pyseccomp.ALLOW, name, without_exec)
    for name in _FATAL:
        _rule(calls, pyseccomp.KILL_PROCESS, name)
    return calls


def _rule(calls: Any, action: int, name: str, *conditions: Any) -> None:
    if (
        pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0
    ):  # not every machine has every call
        calls.add_rule(action, name, *conditions)
