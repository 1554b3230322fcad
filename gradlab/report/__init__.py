"""What a class understood: tables of its results, a report to read, and scores to export."""

from gradlab.report.collect import ClassResults, class_results
from gradlab.report.export import write_csv
from gradlab.report.report import write_report

__all__ = ["ClassResults", "class_results", "write_csv", "write_report"]
