"""What lessons do in a notebook's kernel: they ask if someone can answer, and their figures show themselves."""

import os

import pytest
from jupyter_client.manager import start_new_kernel

CODE = """
from matplotlib.figure import Figure
from mmdl.plots import guess, save_figure
print("guessed", guess("How many?"))
save_figure(Figure(figsize=(1, 1)), "small")
"""


@pytest.fixture
def client(tmp_path):
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "MMDL_FIGURES")}
    env["PYTHONPATH"] = os.getcwd()
    manager, client = start_new_kernel(cwd=str(tmp_path), env=env)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(("there", "guessed"), [(True, "guessed 7.0"), (False, "guessed None")])
def test_a_guess_and_a_figure(client, tmp_path, there, guessed):
    said, asked = [], []

    def answer(message):
        asked.append(message["content"]["prompt"])
        client.input("7")

    client.execute_interactive(CODE, allow_stdin=there, stdin_hook=answer, output_hook=said.append, timeout=60)
    printed = "".join(each["content"].get("text", "") for each in said if each["msg_type"] == "stream")
    (shown,) = (each["content"]["data"] for each in said if each["msg_type"] == "execute_result")
    assert guessed in printed and len(asked) == there
    assert "image/png" in shown and (tmp_path / "small.png").exists()
