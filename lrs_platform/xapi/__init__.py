"""The xAPI standard (1.0.3, and 2.0.0 = IEEE 9274.1.1) as pure functions: bytes in, verdicts and bytes out.

Belongs here: what the standard says of a statement's text. Not here: anything that reads a socket, a file or a
database.
"""
