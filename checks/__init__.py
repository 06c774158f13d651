"""The shipped checks: thin, parametrized pytest tests over what the settings declare; made to be read and copied."""
