# The lab as a container: docs/deployment.md. Build for a machine without a card, or with one:
#   docker build --tag unlearning-lab .                              torch without CUDA
#   docker build --tag unlearning-lab --build-arg DEVICE=cuda .      torch with CUDA, 7.0 GB; run it with --gpus all
FROM python:3.11-slim-bookworm

# cpu or cuda
ARG DEVICE=cpu
ARG CPU_WHEELS=https://download.pytorch.org/whl/cpu

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UNLEARN_HOME=/data/runs \
    HF_HOME=/data/hub \
    HOME=/data

WORKDIR /lab
COPY requirements.txt requirements-postgres.txt requirements-login.txt ./
# torch comes first: the index of the CPU builds has no other package.
RUN if [ "$DEVICE" = cpu ]; then \
      grep -E '^torch' requirements.txt > torch.txt \
      && pip install --index-url "$CPU_WHEELS" -r torch.txt && rm torch.txt; \
    fi \
    && pip install -r requirements-postgres.txt -r requirements-login.txt

COPY . .
# What the server would write beside its code at start is written now: the root file system may be read-only.
RUN python -c "from ui.common import assets, live_chart; from ui.common.stage import component; \
      assert assets.ensure_assets() and live_chart.module().address() and component.module().address()" \
    && python -m compileall -q app.py pages engine ui \
    && useradd --uid 10001 --home-dir /data --shell /usr/sbin/nologin lab \
    && install -d -o lab -g lab -m 700 /data

USER 10001:10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s \
    CMD ["python", "-m", "engine", "health"]
STOPSIGNAL SIGTERM
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0"]
