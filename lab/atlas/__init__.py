"""The lab's Atlas: a stateful Atlas Administration API v2, whose clusters are real servers with real users.

It is a witness of its own: nothing here comes from the collection it tests.
"""
