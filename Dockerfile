# The oldest Python that the project supports.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS packages
# With the driver of PostgreSQL, which DATABASE_URL may name.
COPY requirements-postgres.txt /tmp/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --requirement /tmp/requirements-postgres.txt

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /tmp --no-create-home noising \
    && install --directory --owner noising --mode 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY LICENSE NOTICE manage.py ./
COPY benchmarks benchmarks
COPY docs docs
COPY noising noising
COPY noising_site noising_site
COPY templates templates
# Compile now: at run time the file system may be read-only except /data and /tmp.
RUN /opt/venv/bin/python -m compileall -q benchmarks noising noising_site
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
# By number, so that Kubernetes can tell that it is not root.
USER 10001
VOLUME /data
EXPOSE 8000
# http.client, because urllib would use a proxy from the environment.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=3); c.request('GET', '/livez'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "manage.py", "serve"]
