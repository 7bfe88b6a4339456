"""The hard scenario: a network made to be difficult to clear, not to resemble one."""
