"""Plans of projects: made from templates, judged before a phase, looked ahead."""
