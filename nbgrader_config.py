"""The course's configuration: nbgrader's own options, with GradLab's steps in nbgrader's lists."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

c = get_config()

# nbgrader runs `alembic` by its name: the one beside this Python, also where nobody has activated
# the environment. Without it nbgrader fails, and removes the release that it was to renew.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c.CourseDirectory.course_id = "gradlab"
c.CourseDirectory.solution_directory = "solutions"
# Per-check results lie beside the autograded notebooks and are nobody's to submit or receive.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.results.json",
]  # fmt: skip

# A submission that is no notebook must not stop the class: see gradlab/grading/exporter.py.
c.Autograde.exporter_class = "gradlab.grading.exporter.SubmissionExporter"

c.Autograde.sanitize_preprocessors = [
    # First, so that no later step meets a copied, retyped or re-pointed cell. There is no
    # ClearOutput: the rebuilt notebook has the student's outputs in experiment cells only.
    "gradlab.grading.preprocessors.RebuildNotebook",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "gradlab.grading.preprocessors.RunAndJudge",  # in nbgrader's Execute place
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "gradlab.grading.save_grades.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.GenerateFeedback.preprocessors = [
    "gradlab.grading.current_grades.CurrentGrades",  # in nbgrader's GetGrades place
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.GenerateFeedback.exporter_class = "gradlab.grading.current_grades.FeedbackExporter"

# Feedback and Formgrader show what students wrote: nothing in it may run or load from elsewhere.
c.HTMLExporter.filters = {
    "markdown2html": "gradlab.grading.pages.safe_markdown",
    "highlight_code": "gradlab.grading.pages.bounded_code",
}
# Formgrader's and the feedback's templates, with two files of ours before theirs: no MathJax from
# elsewhere, and names escaped.
FORMGRADER = Path(find_spec("nbgrader").origin).parent / "server_extensions/formgrader/templates"
GRADLAB = Path(find_spec("gradlab").origin).parent / "grading/templates"
c.HTMLExporter.extra_template_basedirs = [str(GRADLAB), str(FORMGRADER)]
c.HTMLExporter.extra_template_paths = [str(FORMGRADER)]

# When a submission came is the exchange's to say: see gradlab/grading/exchange.py.
c.ExchangeFactory.collect = "gradlab.grading.exchange.RecordedCollect"

# `nbgrader zip_collect LAB` takes a learning platform's archive from downloaded/LAB/archive/.
# The number is the platform's, and only where the platform wrote it; it is the student's id in the
# gradebook (for another platform, set c.FileNameCollectorPlugin.named_regexp):
#   Moodle   Ann Lee_1234567_assignsubmission_file_/01_perceptron.ipynb   (or without the folder)
#   Canvas   leeann_LATE_4821_77310_01_perceptron-1.ipynb
c.ZipCollectApp.extractor_plugin = "gradlab.grading.collect.NotebookExtractor"
c.ZipCollectApp.collector_plugin = "gradlab.grading.collect.NumberedCollector"

# What can be set, with its default; docs/instructors.md says more.
# c.GradLab.run_experiments = False    # True re-runs plots and training runs when grading
# c.GradLab.feedback = "summary"       # "full" tells the failing case and the expected values
# c.GradLab.sandbox = "bubblewrap"     # "none" only for code you wrote yourself
# c.GradLab.max_restarts = 20          # of one submission's kernel
# c.GradLab.max_seconds = 900          # for one submission
# c.GradLab.jobs = 0                   # submissions at a time; 0: as many as there are cores
# c.GradLab.scheduler = ""             # "tcp://host:8786": grade on Dask workers
# c.GradLab.scheduler_resources = {}   # {"GPU": 1}: what a submission takes of a worker
