"""Errors named by what becomes of the job."""


class PermanentFailure(Exception):  # noqa: N818 - a stage's author raises it as a verdict
    """Raised by a stage: trying again would not help, so the job ends in `job.failed` with this reason."""


class StageCrashedError(Exception):
    """A stage's process ended without an outcome: a failed attempt, which may be tried again."""


class StageTimedOutError(Exception):
    """A stage ran longer than its `timeout` and was killed: a failed attempt, which may be tried again."""


class StageRaisedError(Exception):
    """A stage raised: a failed attempt, which may be tried again. The text is the stage's own error."""


class ProcessorFaultError(Exception):
    """The processor itself could not go on, through no fault of the stage: a failed attempt."""


class SourceMissingError(PermanentFailure):
    """The uploaded file is not in the store: its upload was withdrawn, or the store was emptied."""


class JobTimedOutError(PermanentFailure):
    """The job ran longer than its pipeline's `timeout`: it has failed, and is not tried again."""


class JobCancelledError(Exception):
    """Somebody asked for the job's end: stop, remove what is half done, and say so."""


class HandedBackError(Exception):
    """This processor stops: another one goes on with the job."""


class SupersededError(Exception):
    """A later attempt at the job has begun elsewhere: stop, and say nothing."""


class BadPipelineError(ValueError):
    """A pipeline cannot work as it is written: correct it and start again."""
