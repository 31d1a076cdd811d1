# The API, the clock and the workers. BASE: any image with Python 3.11 or newer and its venv.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
COPY backend/requirements.lock /src/backend/requirements.lock
RUN python3 -m venv /opt/unity/venv \
 && /opt/unity/venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r /src/backend/requirements.lock
COPY backend/pyproject.toml backend/alembic.ini /opt/unity/backend/
COPY backend/app /opt/unity/backend/app
COPY backend/unity_builtins /opt/unity/backend/unity_builtins
COPY plugin-sdk /opt/unity/plugin-sdk
COPY backend/migrations /opt/unity/backend/migrations
RUN /opt/unity/venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e /opt/unity/plugin-sdk -e /opt/unity/backend

FROM ${BASE}
RUN groupadd --system --gid 8484 unity \
 && useradd --system --uid 8484 --gid unity --home-dir /var/lib/unity --shell /usr/sbin/nologin unity \
 && install -d -o unity -g unity -m 0750 /var/lib/unity /etc/unity/keys
COPY --from=build /opt/unity /opt/unity
# The page, into which the backend puts its security policy. Build it first: `make frontend`.
COPY frontend/dist /opt/unity/frontend/dist
# A container sees itself, not its machine: that one is added over SSH.
ENV PATH=/opt/unity/venv/bin:$PATH UNITY_DATA=/var/lib/unity UNITY_KEYS=/etc/unity/keys \
    UNITY_SERVER__LISTEN=0.0.0.0:8484 UNITY_LOG__STYLE=json UNITY_COLLECT__ADD_LOCAL=false \
    PYTHONUNBUFFERED=1
USER unity
VOLUME ["/var/lib/unity", "/etc/unity/keys"]
EXPOSE 8484
HEALTHCHECK --interval=15s --timeout=15s --start-period=60s \
  CMD ["unity", "health", "--url", "http://127.0.0.1:8484/readyz"]
CMD ["unity", "serve"]
