"""The generic signed webhook: the way in and out for any other system."""
