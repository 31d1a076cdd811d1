# The built web interface behind a static server that passes /api on. Build the interface first:
# `make frontend`. BASE: any image with nginx.
ARG BASE=nginx:stable
FROM ${BASE}
COPY deploy/nginx.conf /etc/nginx/nginx.conf
COPY frontend/dist /usr/share/unity
USER www-data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s CMD ["/bin/sh", "-c", "test -s /tmp/nginx.pid"]
CMD ["nginx", "-g", "daemon off;"]
