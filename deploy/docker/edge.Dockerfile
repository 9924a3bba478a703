# The proxy with TLS: Caddy, its configuration, and no right to low ports.
ARG CADDY_IMAGE=caddy:2
FROM ${CADDY_IMAGE}
# The program carries a capability, with which it does not start where all are dropped; a copy carries none.
RUN caddy="$(command -v caddy)" && cp "$caddy" /caddy && mv /caddy "$caddy" \
    && mkdir -p /var/lib/edge && chown 10001:10001 /var/lib/edge
COPY deploy/edge/Caddyfile /etc/caddy/Caddyfile
ENV XDG_DATA_HOME=/var/lib/edge XDG_CONFIG_HOME=/tmp
USER 10001:10001
WORKDIR /tmp
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
