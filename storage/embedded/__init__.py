"""The PostgreSQL that the program brings along, for when no database is named."""

from storage.embedded.cluster import Cluster, open_cluster
from storage.embedded.errors import EmbeddedError, Words

__all__ = ["Cluster", "EmbeddedError", "Words", "open_cluster"]
