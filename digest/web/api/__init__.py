"""The JSON API: the same actions as the pages, the same limits, described by OpenAPI."""

from digest.web.api.app import create_api

__all__ = ["create_api"]
