"""The settings of an installation: digest.toml, overridden by secret files and then by the environment.

An environment variable is named DIGEST_SECTION__KEY (DIGEST_SMTP__PASSWORD). A secret file has the same name, in upper
or lower case, and is in the folder that DIGEST_SECRETS names, else in systemd's $CREDENTIALS_DIRECTORY, else in
/run/secrets. Relative paths start from the folder of digest.toml, wherever they are set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from digest.cli.paths import with_absolute_paths
from digest.errors import ConfigurationError
from digest.settings import Settings
from digest.toml_lines import Place, TomlFault, dotted, line_of, read_toml

FILE_NAME = "digest.toml"
_PREFIX = "digest_"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings of an installation and where they were found."""

    settings: Settings
    folder: Path  #: the folder that relative paths start from
    file: Path | None  #: the digest.toml that was read


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """One source of settings; a later layer overrides an earlier one."""

    name: str  #: for messages: a file's path, or "environment"
    values: Mapping[str, Any]
    text: str = ""  #: the TOML text, where there is one

    def has(self, place: Place) -> bool:
        value: Any = self.values
        try:
            for key in place:
                value = value[key]
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def whereabouts(self, place: Place) -> str:
        if self.text:
            return f"{self.name}, line {line_of(self.text, place)}"
        variable = "__".join(str(key) for key in place[:2])
        return f"DIGEST_{variable.upper()} in {self.name}"


def load(file: Path | None, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Return the settings of `file`, or of digest.toml in the current folder, or the built-in ones, as overridden.

    Raise ConfigurationError naming each wrong setting, what was found and what is expected.
    """
    found = _settings_file(file)
    layers = [*_file_layer(found), *_secret_layers(environment), _variables("the environment", environment)]
    settings = _validated(layers)
    folder = (found.parent if found else Path()).absolute()
    return Configuration(settings=with_absolute_paths(settings, folder), folder=folder, file=found)


def _settings_file(file: Path | None) -> Path | None:
    if file is None:
        return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None
    if not file.is_file():
        raise ConfigurationError(f"--config {file}: no such file")
    return file


def _file_layer(file: Path | None) -> Iterator[_Layer]:
    if file is None:
        return
    try:
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8 text (byte {error.start + 1})") from error
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        yield _Layer(name=str(file), values=read_toml(text), text=text)
    except TomlFault as fault:
        place = f"{file}, line {fault.line}" if fault.line else str(file)
        raise ConfigurationError(f"{place}: {fault.reason}") from fault


def _secret_layers(environment: Mapping[str, str]) -> Iterator[_Layer]:
    named = environment.get("DIGEST_SECRETS")
    if named and not Path(named).is_dir():
        raise ConfigurationError(f"DIGEST_SECRETS: found {named!r}, expected a folder with secret files")
    candidates = (named, environment.get("CREDENTIALS_DIRECTORY"), "/run/secrets")
    folder = next((Path(place) for place in candidates if place and Path(place).is_dir()), None)
    if folder:
        files = sorted(path for path in folder.iterdir() if path.name.lower().startswith(_PREFIX) and path.is_file())
        yield _variables(f"the folder {folder}", {path.name: _secret(path) for path in files})


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"secret file {path}: cannot be read: {error}") from error


class _Declared(Settings, BaseSettings):  # type: ignore[misc]  # both configure pydantic
    """The settings as the sources of pydantic-settings need them."""


class _Named(EnvSettingsSource):
    """Values under names such as DIGEST_SMTP__PORT, from any mapping."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {name.lower(): value for name, value in names.items()}
        super().__init__(_Declared, env_prefix=_PREFIX, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return dict(self._names)


def _variables(name: str, variables: Mapping[str, str]) -> _Layer:
    for variable in variables:
        section, nested, _ = variable.lower().removeprefix(_PREFIX).partition("__")
        if variable.lower().startswith(_PREFIX) and nested and section not in Settings.model_fields:
            raise ConfigurationError(f"{variable} in {name}: no such section{_suggestion(section, Settings)}")
    try:
        return _Layer(name=name, values=_Named(variables)())
    except SettingsError as error:
        raise ConfigurationError(f"{name}: {error}: expected JSON for a setting that is a list or a table") from error


def _validated(layers: list[_Layer]) -> Settings:
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _over(merged, layer.values)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(details, layers) for details in error.errors())) from error


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(lower)
    for key, value in upper.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _over(merged[key], value) if nested else value
    return merged


def _sentence(details: ErrorDetails, layers: list[_Layer]) -> str:
    place, name = details["loc"], dotted(details["loc"])
    source = next((layer for layer in reversed(layers) if layer.has(place)), None)
    where = f" ({source.whereabouts(place)})" if source else ""
    if details["type"] == "extra_forbidden":
        return f"{name}{where}: no such setting{_suggestion(str(place[-1]), _model_at(place[:-1]))}"
    if details["type"] == "missing":
        return f"{name}: is missing"
    expected = details["msg"].removeprefix("Input should be ")
    secret = "password" in name or "secret" in name
    return f"{name}{where}: found {'a value (hidden)' if secret else repr(details['input'])}, expected {expected}"


def _model_at(place: Place) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for key in place:
        if isinstance(key, str):
            model = _section_of(model.model_fields[key].annotation)
    return model


def _section_of(annotation: Any) -> type[BaseModel]:
    inner = getattr(annotation, "__args__", (annotation,))[0]
    found: type[BaseModel] = inner
    return found


def _suggestion(name: str, model: type[BaseModel]) -> str:
    close = get_close_matches(name, model.model_fields, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known names: {', '.join(model.model_fields)}"
