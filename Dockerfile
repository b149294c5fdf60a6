FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --bin moneta

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/dist/moneta /usr/local/bin/moneta
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/moneta"]
CMD ["serve"]
