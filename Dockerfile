# The program alone, on nothing: no shell, no package manager, no libc. What it
# needs from a system are the roots of TLS; time zones are built in.
#
#   docker build -t workervoice --build-arg VERSION="$(git describe --always --dirty)" .
#
# It runs as nobody (65532), on a read-only root; /data, /backups and /tmp are
# the only places that it writes to.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
ARG VERSION=unversioned
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/workervoice ./cmd/workervoice \
 && /out/workervoice check \
 && mkdir -p /out/data/files /out/backups /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/backups /backups
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/workervoice /workervoice
USER 65532:65532
ENV DATA_DIR=/data ADDR=0.0.0.0:8080 METRICS_ADDR=0.0.0.0:9100
EXPOSE 8080
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s CMD ["/workervoice", "ready"]
ENTRYPOINT ["/workervoice"]
CMD ["serve"]
