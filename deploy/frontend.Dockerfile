# The built web interface behind a static server that passes the rest on. Build the interface first:
# `make frontend`. BASE: any image with nginx, and curl or wget for the health check.
ARG BASE=nginx:stable
FROM ${BASE}
COPY deploy/nginx.conf /etc/unity/nginx.conf
COPY frontend/dist /usr/share/unity
USER 8484:8484
EXPOSE 8080
# Through the proxy: healthy means that the backend answers here.
HEALTHCHECK --interval=15s --timeout=10s --start-period=15s \
  CMD ["/bin/sh", "-c", "curl -fsS -o /dev/null http://127.0.0.1:8080/readyz || wget -q -O /dev/null http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["nginx", "-e", "stderr", "-c", "/etc/unity/nginx.conf", "-g", "daemon off;"]
CMD []
