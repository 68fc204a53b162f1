"""configs/live.yaml is where a user finds every key."""

import re
from pathlib import Path

from pydantic import BaseModel

from configs.schema import load_config

LIVE = Path(__file__).parent.parent.parent / "configs/live.yaml"


def test_it_shows_every_key_of_every_section(tmp_path: Path) -> None:
    switched_on = tmp_path / "all.yaml"
    switched_on.write_text(re.sub(r"^( *)#(?=\w|  )", r"\1", LIVE.read_text(), flags=re.MULTILINE))
    show = load_config(switched_on, {})
    for section in (show, *(value for _, value in show if isinstance(value, BaseModel))):
        assert section.model_fields_set == set(type(section).model_fields)
