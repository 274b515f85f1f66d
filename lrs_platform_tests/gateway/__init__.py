"""The gateway, by its promises to senders, readers and the people who run it."""
