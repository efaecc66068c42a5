"""Over the same broker and with the same listeners as the integration tests."""

from tests.integration.conftest import blobs, channel, connection, events

__all__ = ["blobs", "channel", "connection", "events"]
