"""The preview in the browser: what would be sent, and why, before anything is sent."""
