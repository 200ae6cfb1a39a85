"""The close of a month: what was decided is frozen, published, approved by a second person, told by letter, and owed.

A month has no state of its own: whether it is closed, in its notice or approved follows from the acts that there are. `closes` says where
every month stands, `freezing` what a close freezes and what has changed since, `documents` what offices sign and publish, `issuing` what an
approval brings about.
"""
