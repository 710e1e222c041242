# Parley with its pocket models, on the processor alone:
#
#   docker build -t parley .
#   docker run --network host -v $PWD/keys:/run/parley-keys:ro -e PARLEY_MEDIA_ANNOUNCED_ADDRESS=203.0.113.7 parley
#
# The host's network spares the media ports (UDP and TCP, from 40000) a mapping. Settings: config/default.yaml.

FROM node:20-bookworm-slim AS packages
WORKDIR /parley
COPY package.json package-lock.json .npmrc ./
# cpu, or cuda to keep what runs on graphics cards.
ARG DEVICE=cpu
RUN npm ci --omit=dev \
  # What runs on other systems or on graphics cards is four fifths of the packages.
  && { [ "$DEVICE" = cuda ] || rm -rf node_modules/@node-llama-cpp/*-cuda*; } \
  && rm -rf node_modules/@node-llama-cpp/*-vulkan \
    node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32

# Built anew only when mediasoup, the recipe or the set-up changes.
FROM packages AS worker
COPY config config
COPY server/errors.ts server/project-root.ts server/config.ts server/
COPY server/setup server/setup
RUN PARLEY_CACHE=/cache node_modules/.bin/tsx server/setup/main.ts --for worker \
  && cp /cache/mediasoup-worker/*/mediasoup-worker /usr/local/bin/

FROM packages AS compiled
COPY tsconfig.json ./
COPY client client
COPY config config
COPY models models
COPY server server
RUN node_modules/.bin/tsx server/setup/main.ts --for build

FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends libpocketsphinx3 pocketsphinx-en-us libsrtp2-1 libuv1 libssl3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /parley
COPY --from=worker /usr/local/bin/mediasoup-worker /usr/local/bin/
COPY --from=packages /parley/node_modules node_modules
COPY package.json LICENSE ./
COPY config/default.yaml config/
COPY config/profiles config/profiles
COPY models models
COPY --from=compiled /parley/dist dist
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 UV_THREADPOOL_SIZE=16 MALLOC_MMAP_THRESHOLD_=1000000 PARLEY_ACCESS_KEYS_FILE=/run/parley-keys MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker
USER node
EXPOSE 3000/tcp 40000-40063/udp 40000-40063/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "--max-semi-space-size=2", "--enable-source-maps", "dist/server/main.js"]
