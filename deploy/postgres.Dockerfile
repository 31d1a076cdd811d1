# The database. BASE: any image with PostgreSQL 15 or newer, such as postgres or a Debian with it.
ARG BASE=postgres:17
FROM ${BASE}
COPY deploy/unity-postgres /usr/local/bin/unity-postgres
RUN install -d -o postgres -g postgres -m 0700 /var/lib/unity-postgres
USER postgres
VOLUME ["/var/lib/unity-postgres"]
EXPOSE 5432
# A fast shutdown: the backend keeps connections open for as long as it lives.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["/usr/local/bin/unity-postgres", "ready"]
ENTRYPOINT ["/usr/local/bin/unity-postgres"]
CMD ["serve"]
