# A worker with Keras, for graphics cards (docs/gpu.md). CUDA's libraries are from wheels, as TensorFlow is; the driver
# is the machine's, and NVIDIA's container toolkit brings it in. Has the command `mien`.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
RUN python -m venv --without-pip /opt/mien
COPY requirements/gpu.txt requirements/keras.txt requirements/otel.txt requirements/build.txt /requirements/
# Empty: without CUDA's libraries, which are most of the image; for a machine that has no card.
ARG CUDA=1
ARG LOCK=${CUDA:+gpu}
ARG LOCK=${LOCK:-keras}
# Anything in OTEL: with OpenTelemetry, which MIEN_TRACES needs.
ARG OTEL=
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/mien/bin/python install --no-compile --require-hashes -r /requirements/${LOCK}.txt \
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
RUN python -m deploy.slim worker-gpu /opt/mien \
    && python -m deploy.sbom mien-worker-gpu "${VERSION}" /opt/mien /requirements/${LOCK}.txt ${OTEL:+/requirements/otel.txt}
# It still works without what was taken out; on the CPU, because no build has a card, and in the least of its shapes.
RUN cd /tmp && KERAS_HOME=/tmp/keras CUDA_VISIBLE_DEVICES=-1 /opt/mien/bin/python -P -c "from models import load_analyzer; \
    from models.runtimes import Acceleration; \
    load_analyzer(runtime='keras', acceleration=Acceleration(batch_images=1)).warm_up()" >/dev/null

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home mien
COPY --from=build /opt/mien /opt/mien
ENV PATH=/opt/mien/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# What the container toolkit brings in: all cards that the container is given, CUDA's driver, and nvidia-smi.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Its file system is read-only but for /tmp.
ENV MIEN_RUNTIME=keras KERAS_BACKEND=tensorflow KERAS_HOME=/tmp/keras CUDA_CACHE_PATH=/tmp/cuda XDG_CACHE_HOME=/tmp/cache
ARG PYTHON_IMAGE
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="Mien worker-gpu" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      mien.sbom="/opt/mien/sbom.cdx.json"
USER 10001:10001
WORKDIR /tmp
CMD ["python", "-P", "-m", "workers"]
