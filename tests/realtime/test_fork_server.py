"""Where the show's processes come from: a Ctrl-C to everybody is for the show alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_ctrl_c_while_it_imports_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "struck.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    program = tmp_path / "program.py"
    program.write_text(f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from realtime import fork_server

if __name__ == "__main__":
    fork_server.PRELOADED = ["struck"]
    child = fork_server.process_context().Process(target=print, args=("here",))
    child.start()
    child.join()
""")
    command = [sys.executable, str(program)]  # the fork server finds modules in its working folder
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("here\n", "")
