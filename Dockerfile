# The same files as `npm run image` has, for those who build with Docker: the same script collects them, and a test
# compares the two (docs/adr/0012-image.md). Which commit it is, the builder has to say:
#
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" .

# Brings npm, apt and dpkg. The Node.js of the image is the one that package-lock.json names.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm-slim AS files
WORKDIR /src
COPY package.json package-lock.json ./
COPY scripts/bootstrap.mjs scripts/
COPY scripts/node scripts/node
# Installs, and then runs nothing: a layer that is kept as long as the lock stays the same
RUN node scripts/bootstrap.mjs /dev/null
COPY . .
ARG TARGETARCH
ARG REVISION=unknown
ARG SOURCE_DATE_EPOCH=0
RUN REVISION=$REVISION SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH \
  node scripts/bootstrap.mjs scripts/image.ts --arch "$TARGETARCH" --tree /image \
  && mkdir /state && mv /image/var/lib/esddns /state/

FROM scratch
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="esddns" \
  org.opencontainers.image.description="Dynamic DNS that asks several independent witnesses and decides by consensus" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.source="https://github.com/esddns/esddns" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
COPY --from=files /image/ /
COPY --from=files --chown=65532:65532 /state/ /var/lib/
ENV PATH=/usr/local/bin:/usr/bin XDG_CACHE_HOME=/tmp/.cache XDG_STATE_HOME=/var/lib
USER 65532:65532
WORKDIR /etc/esddns
ENTRYPOINT ["/usr/bin/node", "/usr/lib/esddns/esddns.js"]
CMD ["run"]
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s --retries=3 CMD ["/usr/bin/esddns", "healthcheck"]
