"""
tries = "Writes to /proc and /sys: the OOM score, core pattern, control groups, system requests."
absent = ["got a knob"]
"""

# %%
from pathlib import Path

for name, text in (
    ("/proc/sys/kernel/core_pattern", "|/bin/sh"),
    ("/proc/sysrq-trigger", "b"),
    ("/proc/self/oom_score_adj", "-1000"),
    ("/sys/fs/cgroup/cgroup.procs", "1"),
    ("/proc/sys/vm/drop_caches", "3"),
    ("/proc/1/oom_score_adj", "1000"),
):
    try:
        Path(name).write_text(text)
        print("got a" + " knob", name)
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
