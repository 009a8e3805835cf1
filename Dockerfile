# One image for every service and for the tool: they share nearly all of their code, and one image is one thing to
# build, scan and roll out. What a container is, its command says: `node query-service/main.ts`.

FROM node:26-bookworm-slim AS base
# Node 26 needs libatomic. The public image has it; one that is rebuilt from Debian's packages may not.
RUN node --version || { apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*; }

FROM base AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script runs: nothing that is needed has one. The npm package `node` (a second Node, 150 MB) is for machines
# that have another one. Of Swagger UI the page uses three files.
RUN npm ci --omit=dev --ignore-scripts --no-audit \
  && rm -rf node_modules/node node_modules/.bin \
  && find node_modules/swagger-ui-dist -type f ! -name package.json ! -name swagger-ui.css ! -name swagger-ui-bundle.js \
    ! -name favicon-32x32.png ! -name LICENSE ! -name NOTICE -delete \
  && find node_modules -type f \( -name '*.map' -o -name '*.md' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# A checkout under umask 027 is readable by its owner alone, and so would be what is copied from it.
FROM base AS files
WORKDIR /app
COPY package.json ./
COPY docs/openapi.json ./docs/
COPY deploy ./deploy
COPY shared ./shared
COPY command-service ./command-service
COPY query-service ./query-service
COPY projector ./projector
COPY cli ./cli
RUN chmod -R a+rX .

FROM base
LABEL org.opencontainers.image.title="License System" \
  org.opencontainers.image.description="The services of the License System, and its tool" \
  org.opencontainers.image.licenses="UNLICENSED"
# npm, npx and yarn are not used at run time, and what is not there needs no patch. The account owns nothing but the
# folders of the secrets: a new volume takes its owner from the folder that it is mounted on.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
  && groupadd --gid 10001 license \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin license \
  && mkdir -p /secrets/access /secrets/signing /secrets/master /secrets/postgres /secrets/redis /secrets/grafana /configuration \
  && chown -R 10001:10001 /secrets /configuration
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=files /app ./
ENV NODE_ENV=production HOST=0.0.0.0
USER 10001:10001
STOPSIGNAL SIGTERM
# It fails also while a service is on its way up or down: what waits for "healthy" waits for one that takes requests. A
# process that hangs is unhealthy within 15 s. A shell asks, because it costs a tenth of what starting Node does.
HEALTHCHECK --interval=4s --timeout=3s --start-period=120s --start-interval=1s --retries=2 \
  CMD ["bash", "deploy/compose/healthy.sh"]
CMD ["node", "cli/main.ts", "--help"]
