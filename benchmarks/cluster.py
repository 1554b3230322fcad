"""A Dask scheduler and two workers on this machine, for as long as they are measured."""

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
WORKERS = 2


class Cluster:
    """Up when it is made; `address` is the scheduler's."""

    @staticmethod
    def possible() -> bool:
        """Whether Dask's distributed is installed."""
        return importlib.util.find_spec("distributed") is not None

    def __init__(self, env: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gradlab-dask-")
        file = str(Path(self._folder.name) / "scheduler.json")
        env = {**env, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
        options = ["--scheduler-file", file, "--no-dashboard"]
        workers = ["--nworkers", str(WORKERS), "--nthreads", "1"]
        workers += ["--preload", "gradlab.grading.warm"]
        self._processes = [
            self._start("dask_scheduler", *options, "--port", "0", env=env),
            self._start("dask_worker", *options, *workers, env=env),
        ]
        try:
            self.address = self._wait_for_workers(file)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End workers and scheduler."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(START_SECONDS)
        self._folder.cleanup()

    def _start(self, module: str, *options: str, env: dict[str, str]) -> "subprocess.Popen[Any]":
        command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self._folder.name, env=env, **quiet)

    def _wait_for_workers(self, file: str) -> str:
        from distributed import Client

        until = time.monotonic() + START_SECONDS
        while not Path(file).exists() and time.monotonic() < until:
            time.sleep(0.1)
        with Client(scheduler_file=file, timeout=START_SECONDS) as client:
            client.wait_for_workers(WORKERS, timeout=START_SECONDS)
            return str(client.scheduler.address)
