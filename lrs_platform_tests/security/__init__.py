"""What docs/security.md promises, each as a test on real parts: roles, environments, logs, headers, repository."""
