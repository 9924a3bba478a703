"""Plans of networks, as `operate.commands.networks` sets and shows them."""
