"""The walls around a script nobody has reviewed: what they allow is `policy.py`, how they go up is `walls.py`.

| file | holds |
|---|---|
| `policy.py` | the policy, as data: system calls, argument rules, readable places |
| `syscalls.py` | system call numbers of each architecture |
| `bpf.py` | the policy as a seccomp filter program (pure) |
| `landlock.py` | the file, network and signal rules |
| `limits.py` | what one job may use |
| `canaries.py` | the proof, tried in the child itself |
| `walls.py` | the order in which a forked child walls itself in |
| `linux.py` | the few system calls Python does not offer |
"""
