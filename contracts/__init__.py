"""What the services say to each other, and the few things that all of them need to say it.

Imports nothing else of this project; every service imports it, and it is the only package they share.
"""
