"""WeCom 企业微信: the app's private chats, its group chats, group robots, and 微信客服."""
