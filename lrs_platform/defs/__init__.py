"""Dagster definitions by domain. In each domain the same file names: assets, checks, sensors, schedules.

Bodies are a few lines that call a domain function elsewhere in the package.
"""
