"""The gateway: xAPI in and out over HTTP, pages about the platform, health and metrics. Start: `python -m
lrs_platform.gateway`.
"""
