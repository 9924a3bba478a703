# The gateway: Flask on gunicorn. No TensorFlow, no OpenCV.
FROM python:3.13-slim-trixie AS build
RUN python -m venv /opt/mien
COPY requirements/api.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/mien/bin/pip install --require-hashes -r /requirements.txt
COPY requirements/build.txt /build.txt
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r /build.txt
COPY pyproject.toml README.md LICENSE /source/
COPY contracts /source/contracts
COPY models /source/models
COPY api /source/api
COPY deploy /source/deploy
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheels /source
RUN /opt/mien/bin/pip install --no-index --no-deps /wheels/*.whl

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --no-create-home mien
COPY --from=build /opt/mien /opt/mien
ENV PATH=/opt/mien/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
CMD ["python", "-P", "-m", "api"]
