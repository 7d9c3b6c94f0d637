"""
The web app: pages over the same operations, accounts and rights as every other door of a hub.

Pages parse, call one operation and render. Every read and every form works without JavaScript.
"""
