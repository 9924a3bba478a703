"""What stands in Redis, and the only way to it: stores, their Lua scripts, the key layout, connections, messages."""
