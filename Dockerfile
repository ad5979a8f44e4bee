# One image for every role: web, worker, speech. The database is PostgreSQL beside it.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN python -m venv /app/.venv \
 && /app/.venv/bin/python -m pip install --quiet "uv>=0.9" \
 && /app/.venv/bin/uv pip install --python /app/.venv/bin/python --compile-bytecode --require-hashes -r requirements.txt
COPY bot bot
COPY adapters adapters
COPY storage storage
COPY prompts prompts
RUN /app/.venv/bin/uv pip install --python /app/.venv/bin/python --no-deps --compile-bytecode . \
 && /app/.venv/bin/uv pip uninstall --python /app/.venv/bin/python uv

FROM python:3.12-slim
RUN useradd --system --create-home --uid 10001 keqing && install -d -o keqing /data
COPY --from=build /app/.venv /app/.venv
USER keqing
ENV PATH=/app/.venv/bin:$PATH KEQING_DATA_DIR=/data KEQING_HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["keqing"]
CMD ["serve"]
