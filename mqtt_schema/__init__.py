"""The contract between the office and its counters: messages, topics, signatures, QR payloads, money.

Pure: pydantic, the standard library and the signature library. No socket, file, clock or thread.
"""
