"""
Webhooks: what happens in a repository, told to addresses that its owners have named.

Events are queued where they happen and delivered by a thread of the hub, signed, again and again
until they are taken or given up. A receiver may be told twice; each delivery has an id.
"""
