"""The workshop's own agent: pairs with a commons, takes leases, arms, runs and reports.

`rules` decides (pure), `store` remembers (SQLite), `client` asks the commons and `errands` keeps that off the
main thread, `runs` drives each machine from a process of its own, `local` is the person at the machine,
`restart` settles what a kill left open, `agent` ties them together and `loop` waits.
"""
