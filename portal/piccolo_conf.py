"""Where Piccolo looks for the engine and the app; the engine is the one that portal.db has bound."""

from typing import Any

from piccolo.conf.apps import AppRegistry

from portal import db

APP_REGISTRY = AppRegistry(apps=["portal.piccolo_app"])


def __getattr__(name: str) -> Any:
    if name == "DB":
        return db.engine()
    raise AttributeError(name)
