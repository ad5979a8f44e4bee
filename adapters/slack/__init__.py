"""Slack: channels and private chats, buttons, modals, slash commands, the Home page."""
