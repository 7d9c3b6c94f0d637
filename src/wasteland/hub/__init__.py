"""
A self-hosted hub: DoltHub's REST API, and our own, over the directory of a local host.

Here rights are enforced: who asks is told by a token, what an account may do with a repository by
``rights``, what may land on a commons by the gate. Below it nothing knows of HTTP.
"""
