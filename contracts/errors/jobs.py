"""How a job that was accepted fails as a whole."""

from contracts.errors.base import MienError


class JobFailed(MienError):
    """The job was accepted and could not be finished; stored as the job's error."""

    code = "job_failed"


class AttemptsExhausted(JobFailed):
    """Workers died or failed over this job as often as is allowed."""

    code = "attempts_exhausted"


class DeadlineExceeded(JobFailed):
    """The job's own deadline passed before it was analysed."""

    code = "deadline_exceeded"


class JobCanceled(JobFailed):
    """The job was canceled before a worker began it."""

    code = "job_canceled"


class AnalysisFailed(JobFailed):
    """The analysis raised an unexpected error; the worker's log has the traceback."""

    code = "analysis_failed"
