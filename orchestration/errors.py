"""Errors a person can act on: shown as one message without a traceback, with the exit code of their kind."""


class UserError(Exception):
    """Something the user can put right: a setting, a file, an argument. Exit code 2."""

    exit_code = 2


class NightFailed(Exception):
    """The night ended without a release; the last one keeps serving. Exit code 1."""

    exit_code = 1


class NightStopped(NightFailed):
    """Somebody or the machine stopped the night (Ctrl-C, SIGTERM). Exit code 1."""


class PublicationFailed(NightFailed):
    """PostgreSQL did not take the release; what it served before keeps serving. Exit code 1."""
