"""The course's configuration: nbgrader's own options, with GradLab's steps in nbgrader's lists."""

c = get_config()

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
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback and Formgrader show what students wrote: nothing in it may run or load from elsewhere.
c.HTMLExporter.filters = {"markdown2html": "gradlab.grading.pages.safe_markdown"}

# c.GradLab.run_experiments = True     # re-run plots and training runs when grading
# c.GradLab.feedback = "full"          # tell the failing case and the expected values
# c.GradLab.sandbox = "none"           # only for code you wrote yourself
