"""Feishu 飞书 and Lark: events and card taps in, messages and cards out."""
