"""Out of file descriptors (threats §5): the release daemon alone, since UBSan needs one of its own for each of its checks."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from support.case import GatewayCase
from support.waiting import eventually


class FileDescriptors(GatewayCase):
    config = {"workers": 1}

    def test_when_they_run_out_accepting_pauses_without_a_spin_and_goes_on_afterwards(self) -> None:
        pid = self.gateway.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (40, 40))
        waiting = [self.connect() for _ in range(60)]  # the kernel takes those that the gateway cannot
        eventually(lambda: "accepting paused" in self.gateway.log(), "it says so")

        def pauses() -> int:
            return self.gateway.log().count("accepting paused")

        def processor_seconds() -> float:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        before, pauses_before = processor_seconds(), pauses()
        eventually(lambda: pauses() >= pauses_before + 5, "five pauses")
        self.assertLess(processor_seconds() - before, 0.2)  # half a second of a spin would be half a second
        for connection in waiting:
            connection.close()
        self.assert_ok(self.chat())
