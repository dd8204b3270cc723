# Two images from one file:
#   docker build -t piecework-worker .                  the worker (the last stage is the default)
#   docker build -t piecework-cli --target cli .        the command line
#
# Where these base images cannot be had, name others: any with a JDK 25 to build and a Java 25 to
# run, `java` on PATH, a shell and coreutils.
ARG BUILD_IMAGE=eclipse-temurin:25-jdk
ARG RUNTIME_IMAGE=eclipse-temurin:25-jre

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# The repository of Maven outlives the build, so that a changed line does not fetch everything again.
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -B -q -pl worker,producer-cli,standalone -am package -Dmaven.test.skip=true -Dspotless.skip=true
# What others made changes seldom, what we made with every commit: apart, each is a layer of its own.
RUN set -eu; \
    for module in worker producer-cli; do \
      mkdir -p /out/$module/others /out/$module/ours/lib; \
      cp -p $module/target/$module.jar /out/$module/ours/; \
      cp -p $module/target/lib/*.jar /out/$module/others/; \
      for own in shared-model bittorrent; do \
        for jar in /out/$module/others/$own-[0-9]*.jar; do \
          if [ -e "$jar" ]; then mv "$jar" /out/$module/ours/lib/; fi; \
        done; \
      done; \
    done

FROM ${RUNTIME_IMAGE} AS cli
WORKDIR /app
COPY --from=build /out/producer-cli/others/ lib/
COPY --from=build /out/producer-cli/ours/ ./
# Java takes the encoding of file names from the locale alone.
ENV MALLOC_ARENA_MAX=2 LC_ALL=C.UTF-8
# Classes parsed and linked beforehand, by submitting a torrent to nobody. Made here because a cache
# fits only the Java that made it, and the same path to the jar.
RUN cd /tmp; \
    printf 'd4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:01234567890123456789ee' >it.torrent; \
    java -XX:AOTCacheOutput=/app/cli.aot -XX:+UseSerialGC -Xss512k -Xmx256m -XX:TieredStopAtLevel=1 \
      --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
      -jar /app/producer-cli.jar submit it.torrent --bucket none --broker amqp://127.0.0.1:9 \
      >training.log 2>&1 || true; \
    test -s /app/cli.aot || { cat training.log; exit 1; }; \
    rm it.torrent training.log
# Without a name: whatever the base image calls its users, this number is none of root's.
USER 10001:10001
# Files to submit are looked for here: mount them.
WORKDIR /data
# Java's own warnings go to stderr: stdout is the command's.
ENTRYPOINT ["java", "-XX:AOTCache=/app/cli.aot", "-Xlog:disable", "-Xlog:all=warning:stderr", \
  "-XX:+UseSerialGC", "-Xss512k", "-Xmx256m", \
  "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8", \
  "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", \
  "-jar", "/app/producer-cli.jar"]

FROM ${RUNTIME_IMAGE} AS worker
WORKDIR /app
COPY --from=build /out/worker/others/ lib/
COPY --from=build /out/worker/ours/ ./
ENV MALLOC_ARENA_MAX=2 LC_ALL=C.UTF-8
# With this cache a worker is up in half the time, and its first jobs cost less: it is made by a worker
# that does some jobs, with services of its own, which are lent by the build for that. Where that fails
# it is made by a start without broker and store.
RUN --mount=type=bind,from=build,source=/src/standalone/target,target=/mnt \
    set -- java -XX:AOTCacheOutput=/app/worker.aot \
      -XX:+UseSerialGC -Xss512k -Xmx192m -XX:CompileThresholdScaling=3 \
      --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
      -jar /app/worker.jar; \
    if ! java -XX:+UseSerialGC -Xmx256m -XX:TieredStopAtLevel=1 \
      --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
      -jar /mnt/standalone.jar train-worker -- "$@"; then \
      rm -f /app/worker.aot; \
      export PIECEWORK_DATABASE_URL=jdbc:h2:mem:training PIECEWORK_SCRATCH_DIRECTORY=/tmp/training \
        PIECEWORK_BROKER_URI=amqp://127.0.0.1:9 PIECEWORK_STORE_ENDPOINT=http://127.0.0.1:9 \
        PIECEWORK_STORE_ACCESS_KEY=none PIECEWORK_STORE_SECRET_KEY=none PIECEWORK_HTTP_PORT=0; \
      "$@" >/tmp/training.log 2>&1 & \
      while kill -0 $! 2>/dev/null && ! grep -q ' is up$' /tmp/training.log; do sleep 0.5; done; \
      sleep 2; kill $!; wait $!; \
      test -s worker.aot || { cat /tmp/training.log; exit 1; }; \
      rm -rf /tmp/training /tmp/training.log; \
    fi
# The one place that is written to, temporary files included: all else may be read-only.
RUN mkdir /scratch && chown 10001:10001 /scratch
VOLUME /scratch
USER 10001:10001
WORKDIR /scratch
# JDK_JAVA_OPTIONS is read before the arguments below; set it anew for another heap.
ENV JDK_JAVA_OPTIONS="-Xmx192m -XX:MaxDirectMemorySize=96m" \
    PIECEWORK_SCRATCH_DIRECTORY=/scratch/jobs \
    PIECEWORK_HTTP_ADDRESS=0.0.0.0
# Whether the worker moves; asked by bash itself, since base images have no curl. Kubernetes does not
# look at it, and has probes of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PIECEWORK_HTTP_PORT:-9464} && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
# No shell in between: Java is process 1 and gets SIGTERM itself.
ENTRYPOINT ["java", "-XX:AOTCache=/app/worker.aot", "-Xlog:disable", "-Xlog:all=warning:stderr", \
  "-XX:+UseSerialGC", "-Xss512k", "-XX:CompileThresholdScaling=3", "-XX:+ExitOnOutOfMemoryError", \
  "-XX:-UsePerfData", "-Djava.io.tmpdir=/scratch", "-Dfile.encoding=UTF-8", \
  "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", \
  "-jar", "/app/worker.jar"]
