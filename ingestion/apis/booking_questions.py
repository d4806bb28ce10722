"""Which answers of a booking form are kept, and as what: the shipped question texts and those of a home, by platform.

Questions differ from event to event, so a home may name them by text (for all events) or by id (for one event).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.yamlfile import YamlFile, read_yaml
from ingestion.apis.json_values import one_line
from ingestion.apis.mapping import InvalidMapping

MEANINGS = (
    "organisation_name",
    "organisation_postcode",
    "organisation_website",
    "organisation_sector",
    "consent",
)


@dataclass(frozen=True)
class Questions:
    """Meaning of a question by its text, and by event and id; None: the answer is not kept."""

    texts: Mapping[str, str | None]
    events: Mapping[tuple[str, str], str | None]

    def meaning(self, event_id: str, question_id: str, text: str) -> str | None:
        """The landed column an answer goes to."""
        if (event_id, question_id) in self.events:
            return self.events[event_id, question_id]
        return self.texts.get(question_key(text))

    def kept(self, event_id: str, answers: Iterable[tuple[str, str, Any]]) -> dict[str, str]:
        """The answers of a form that are kept, by landed column, from question ids, texts and answers.

        An answer's shape depends on the question's type: only texts are read, but for consent, of which the door says
        when it is neither yes nor no.
        """
        found = {}
        for question_id, text, answer in answers:
            meaning = self.meaning(event_id, question_id, text)
            if meaning == "consent" and answer is not None:
                answer = str(answer)
            if meaning is None or not isinstance(answer, str):
                continue
            value = one_line(answer)
            if value is not None:
                found[meaning] = value
        return found


def question_key(text: str) -> str:
    """Texts are compared without case, doubled blanks and punctuation at the end."""
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip().rstrip("?:.*! ").lower()


def load_questions(home: Path, source: str) -> Questions:
    """The shipped questions with the home's for a source. Raises InvalidMapping."""
    file = f"mappings/{source}_questions.yaml"
    shipped = _texts("booking_questions.yaml", read_yaml(Path(__file__).with_suffix(".yaml"), dict[str, Any])["texts"])
    content = _content(home, file)
    unknown = sorted(str(name) for name in content if name not in ("texts", "events"))
    if unknown:
        raise InvalidMapping(f"{file}: unknown {', '.join(unknown)}; known are texts and events")
    own = _texts(file, content.get("texts") or {})
    return Questions({**shipped, **own}, _events(file, content.get("events") or {}))


def _content(home: Path, file: str) -> Mapping[str, Any]:
    path = home / file
    if not path.exists():
        return {}
    content = YamlFile(path, file, InvalidMapping).content or {}
    if not isinstance(content, dict):
        raise InvalidMapping(f"{file}: expected `texts` and `events`")
    return content


def _meaning(where: str, meaning: Any) -> str | None:
    if meaning is not None and meaning not in MEANINGS:
        raise InvalidMapping(
            f"{where}: {meaning!r} is no meaning; known are {', '.join(MEANINGS)}, or null for an answer not to keep"
        )
    return None if meaning is None else str(meaning)


def _texts(where: str, given: Any) -> dict[str, str | None]:
    if not isinstance(given, dict):
        raise InvalidMapping(f"{where}: texts: expected `meaning: [question texts]`")
    found: dict[str, str | None] = {}
    for name, texts in given.items():
        meaning = _meaning(f"{where}: texts", None if name in (None, "ignore") else name)
        if not isinstance(texts, list) or not all(isinstance(text, str) and question_key(text) for text in texts):
            raise InvalidMapping(f"{where}: texts: {name}: expected a list of question texts")
        for text in texts:
            if found.setdefault(question_key(text), meaning) != meaning:
                raise InvalidMapping(f"{where}: texts: {text!r} has two meanings")
    return found


def _events(file: str, given: Any) -> dict[tuple[str, str], str | None]:
    if not isinstance(given, dict) or not all(isinstance(questions, dict) for questions in given.values()):
        raise InvalidMapping(f"{file}: events: expected `event id: {{question id: meaning}}`")
    return {
        (str(event), str(question)): _meaning(f"{file}: event {event}, question {question}", meaning)
        for event, questions in given.items()
        for question, meaning in questions.items()
    }
