"""The course's grading options, as traitlets that `nbgrader_config.py` sets."""

from traitlets import Bool, Dict, Enum, Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from gradlab.grading.run import Options


class GradLab(LoggingConfigurable):
    """Options of grading; set them as `c.GradLab.<name> = …` in `nbgrader_config.py`."""

    run_experiments = Bool(
        False,
        help="Re-run the cells marked as experiments; otherwise their submitted outputs are kept.",
    ).tag(config=True)

    feedback = Enum(
        ["summary", "full"],
        default_value="summary",
        help=(
            "What a student is told about a hidden failure: 'summary' gives kind, shapes, largest "
            "error and misconception; 'full' adds the failing case and expected values."
        ),
    ).tag(config=True)

    sandbox = Enum(
        ["bubblewrap", "none"],
        default_value="bubblewrap",
        help=(
            "How student code is contained. 'none' runs it with your own rights: an explicit "
            "choice for your own code only, never a fallback."
        ),
    ).tag(config=True)

    max_restarts = Integer(
        20, min=0, help="How often one submission's kernel is started again before grading stops."
    ).tag(config=True)

    max_seconds = Float(
        900,
        min=1,
        help="How long grading one submission may take; what is not judged by then scores 0.",
    ).tag(config=True)

    jobs = Integer(
        0, min=0, help="How many submissions are graded at a time; 0: as many as there are cores."
    ).tag(config=True)

    scheduler = Unicode(
        "",
        help=(
            "Address of a Dask scheduler (tcp://host:8786) whose workers grade; empty: this "
            "machine does. Workers need this GradLab, bubblewrap, and no gradebook."
        ),
    ).tag(config=True)

    scheduler_resources = Dict(
        key_trait=Unicode(),
        value_trait=Float(),
        help=(
            "Dask resources that a submission takes: {'GPU': 1} with workers that were started "
            "as `dask worker ADDRESS --resources GPU=1` has references computed on GPUs."
        ),
    ).tag(config=True)

    def options(self) -> Options:
        """The values that grading one notebook needs."""
        return Options(self.run_experiments, self.feedback, self.max_restarts, self.max_seconds)
