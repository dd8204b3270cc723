package dev.piecework.worker.settings;

import dev.piecework.engine.PeerLimits;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much of a worker's connections strangers may have. An address is an IPv4 address or the /64
 * of an IPv6 address.
 *
 * @param maxConnectionsPerAddress incoming connections of one job from one address, and as many
 *     outgoing ones; outgoing ones to 127.0.0.1 and ::1 are not limited
 * @param maxHandshakes incoming connections whose handshake has not come yet, apart from all
 *     others; beyond that the oldest is closed
 * @param maxHandshakesPerAddress of those, from one address
 * @param maxDialsPerJob outgoing connections of a job being opened at once; one tracker's addresses
 *     get half of them
 * @param reservedPercent of all connections and of each job's, how many are kept for incoming ones,
 *     and as many for outgoing ones
 * @param trial how long a connection that neither gave nor took anything need not make room for
 *     others that wait; three times as long when one side waits for the other, six times after
 *     blocks were exchanged
 * @param maxKnownPerJob addresses kept of a job, shared fairly between those who named them
 * @param slips times that an address may break the protocol before it is banned
 * @param ban length of an address's first ban; each further one is five times as long
 * @param longestBan no ban is longer
 */
@ConfigurationProperties("piecework.peers")
public record PeerProperties(
    @DefaultValue("8") int maxConnectionsPerAddress,
    @DefaultValue("128") int maxHandshakes,
    @DefaultValue("32") int maxHandshakesPerAddress,
    @DefaultValue("30") int maxDialsPerJob,
    @DefaultValue("25") int reservedPercent,
    @DefaultValue("10s") Duration trial,
    @DefaultValue("2000") int maxKnownPerJob,
    @DefaultValue("3") int slips,
    @DefaultValue("1m") Duration ban,
    @DefaultValue("24h") Duration longestBan) {

  /** Validates. */
  public PeerProperties {
    Checks.between(
        "piecework.peers.max-connections-per-address", maxConnectionsPerAddress, 1, 10_000);
    Checks.between("piecework.peers.max-handshakes", maxHandshakes, 1, 10_000);
    Checks.between(
        "piecework.peers.max-handshakes-per-address", maxHandshakesPerAddress, 1, 10_000);
    Checks.between("piecework.peers.max-dials-per-job", maxDialsPerJob, 2, 10_000);
    Checks.between("piecework.peers.reserved-percent", reservedPercent, 0, 50);
    Checks.between("piecework.peers.trial", trial, Duration.ofSeconds(1), Duration.ofHours(1));
    Checks.between("piecework.peers.max-known-per-job", maxKnownPerJob, 1, 100_000);
    Checks.between("piecework.peers.slips", slips, 0, 1000);
    Checks.between("piecework.peers.ban", ban, Duration.ofSeconds(1), Duration.ofDays(7));
    Checks.atLeast("piecework.peers.longest-ban", longestBan, "piecework.peers.ban", ban);
    Checks.between(
        "piecework.peers.longest-ban", longestBan, Duration.ofSeconds(1), Duration.ofDays(365));
  }

  /** For the engine. */
  public PeerLimits limits() {
    return new PeerLimits(
        maxConnectionsPerAddress,
        maxHandshakes,
        maxHandshakesPerAddress,
        maxDialsPerJob,
        reservedPercent,
        trial,
        maxKnownPerJob,
        slips,
        ban,
        longestBan);
  }
}
