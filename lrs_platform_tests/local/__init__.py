"""Tests of running the platform on one machine."""
