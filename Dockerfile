# An image for each service: docker build --target gateway .
# The lock file in two parts: what every service needs, and what only the built-in pipeline of the processor needs.
FROM python:3.13-slim AS lock
COPY requirements.lock /
RUN awk '/^[a-z]/ { heavy = /^(pillow|polars|polars-runtime-32|puremagic|pypdf|zstandard)==/ } \
    { print > (heavy ? "/processor.lock" : "/service.lock") }' requirements.lock


# Layers that change with the lock file alone. Nothing is compiled: a package without a wheel fails here.
FROM lock AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_DEPS=1 PIP_ONLY_BINARY=:all: PIP_REQUIRE_HASHES=1 PIP_ROOT_USER_ACTION=ignore
RUN --mount=type=cache,target=/root/.cache/pip pip install --prefix=/service --requirement service.lock
RUN --mount=type=cache,target=/root/.cache/pip pip install --prefix=/processor --requirement processor.lock


FROM python:3.13-slim AS service
COPY --from=packages /service /usr/local
ENV PYTHONDONTWRITEBYTECODE=1 \
    STAGECAST_HOST=0.0.0.0 \
    STAGECAST_STORE_URL=file:///srv/blobs
# A new named volume takes the owner of the folder that it is mounted on.
RUN groupadd --gid 10001 stagecast \
 && useradd --uid 10001 --gid stagecast --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin stagecast \
 && install --directory --owner stagecast --group stagecast /srv/blobs /srv/work /srv/secrets
WORKDIR /app
COPY deploy/container/ready.py ./
COPY contracts contracts/
COPY client client/
COPY cli cli/
RUN python -m compileall -q .
STOPSIGNAL SIGTERM
ARG VERSION=0.1.0 REVISION=unknown
LABEL org.opencontainers.image.vendor="Stagecast" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"


FROM service AS gateway
COPY gateway gateway/
RUN python -m compileall -q gateway
USER stagecast
LABEL org.opencontainers.image.title="Stagecast gateway" \
      org.opencontainers.image.description="Takes uploads and commands, and serves the page"
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-SI", "ready.py", "8000"]
CMD ["python", "-m", "gateway"]


FROM service AS processor
COPY --from=packages /processor /usr/local
COPY processor processor/
RUN python -m compileall -q processor
USER stagecast
LABEL org.opencontainers.image.title="Stagecast processor" \
      org.opencontainers.image.description="Runs the stages of jobs, and tells what happens"
ENV STAGECAST_PROCESSOR_WORKDIR=/srv/work
EXPOSE 8002
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-SI", "ready.py", "8002"]
CMD ["python", "-m", "processor"]


FROM service AS notifier
COPY notifier notifier/
RUN python -m compileall -q notifier
USER stagecast
LABEL org.opencontainers.image.title="Stagecast notifier" \
      org.opencontainers.image.description="Streams live events to every client"
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-SI", "ready.py", "8001"]
CMD ["python", "-m", "notifier"]
