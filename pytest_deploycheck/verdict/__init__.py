"""From results to one decision: the tree that an engineer on call would walk, with the path written down.

Stands after judgement and before the reports. Pure: it gets results, answers of people and the trend, and returns a
verdict. The precedence is the order of the rules; the first that applies decides.
"""

from pytest_deploycheck.verdict.case import Case, Question, Trend
from pytest_deploycheck.verdict.rules import EXIT_CODES, STRICT_WARN_EXIT_CODE, decide
from pytest_deploycheck.verdict.trend import trend_between

__all__ = ["EXIT_CODES", "STRICT_WARN_EXIT_CODE", "Case", "Question", "Trend", "decide", "trend_between"]
