"""Outreach: one right mail a day to learners who are behind, and a list each morning to those who look after them.

`rules.py` who may be reminded when; `templates.py` and `rendering.py` the wording, rendered in the Python server's
sandbox; `sending.py` one pass over what is to be sent; `digest.py` the morning lists; `links.py` signed links in mails;
`browsing.py` whether lesson links open. Which learners are due is decided in SQL (lrs_platform/warehouse/outreach);
mail goes out through the mail server.
"""
