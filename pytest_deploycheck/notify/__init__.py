"""From a verdict to the people who have to know: when (policy, pure) apart from how (``channels/``).

``policy`` compares a finished run with what was told before, ``outbox`` keeps what is still to be told, ``delivery``
hands it to the channels, ``notifier`` joins them around one stored state. Nothing here ever changes the verdict.
"""
