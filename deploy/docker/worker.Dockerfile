# A worker: the models, and the Celery process that holds them. Has the command `mien`.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
RUN python -m venv --without-pip /opt/mien
COPY requirements/worker.txt requirements/otel.txt requirements/build.txt /requirements/
# Anything in OTEL: with OpenTelemetry, which MIEN_TRACES needs.
ARG OTEL=
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/mien/bin/python install --no-compile --require-hashes -r /requirements/worker.txt \
        ${OTEL:+-r /requirements/otel.txt}
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r /requirements/build.txt
COPY pyproject.toml README.md LICENSE /source/
COPY contracts /source/contracts
COPY models /source/models
COPY workers /source/workers
COPY operate /source/operate
COPY deploy /source/deploy
WORKDIR /source
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheels /source
RUN pip --python /opt/mien/bin/python install --no-compile --no-index --no-deps /wheels/*.whl
ARG VERSION=
RUN python -m deploy.slim worker /opt/mien \
    && python -m deploy.sbom mien-worker "${VERSION}" /opt/mien /requirements/worker.txt ${OTEL:+/requirements/otel.txt}
# It still works without what was taken out.
RUN cd /tmp && /opt/mien/bin/python -P -c "from models import load_analyzer; load_analyzer().warm_up()" >/dev/null

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home mien
COPY --from=build /opt/mien /opt/mien
ENV PATH=/opt/mien/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ARG PYTHON_IMAGE
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="Mien worker" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      mien.sbom="/opt/mien/sbom.cdx.json"
USER 10001:10001
WORKDIR /tmp
CMD ["python", "-P", "-m", "workers"]
