"""The subcommands of ``deploycheck``, one module each."""
