package dev.piecework.worker.verify;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import dev.piecework.worker.checkpoint.MetainfoTable;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The object that is written last and lists all others: who finds it finds a complete data set.
 *
 * <p>Its key is {@code <prefix>.piecework/<info-hash>.json}, whatever the job's key template. By
 * prefix and path no file of the torrent itself can have this key: it would have to be named by the
 * hash of a dictionary that holds this name. A template could make it so, and is refused then.
 */
public final class Manifest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int VERSION = 1;

  /** Manifests beyond this are not read back. */
  public static final int MAX_BYTES = 64 << 20;

  private Manifest() {}

  /** Where the manifest of a torrent is. */
  public static String key(Destination destination, Metainfo metainfo) {
    return destination.prefix() + ".piecework/" + metainfo.infoHash().hex() + ".json";
  }

  /**
   * Refuses a layout that has an object in the manifest's place.
   *
   * @throws IllegalArgumentException if it has
   */
  public static void requireOwnKey(ObjectLayout layout, Destination destination) {
    String key = key(destination, layout.metainfo());
    if (layout.objects().stream().anyMatch(object -> object.key().equals(key))) {
      throw new IllegalArgumentException(
          "a file would have the manifest's key: correct the key template; key: " + key);
    }
  }

  /** The manifest. */
  public static byte[] json(
      String jobId, Destination destination, ObjectLayout layout, List<FinishedObject> objects) {
    Metainfo metainfo = layout.metainfo();
    ObjectNode root = JSON.createObjectNode();
    root.put("version", VERSION);
    root.put("jobId", jobId);
    root.put("infoHash", metainfo.infoHash().hex());
    root.put("name", metainfo.name());
    root.put("bucket", destination.bucket());
    root.put("prefix", destination.prefix());
    destination.keyTemplate().ifPresent(template -> root.put("keyTemplate", template));
    root.put("totalBytes", MetainfoTable.totalBytes(layout));
    root.put("pieceLength", metainfo.pieceLength());
    root.put("pieces", metainfo.pieceCount());
    ArrayNode files = root.putArray("objects");
    for (FinishedObject object : objects) {
      ObjectNode file = files.addObject();
      file.put("key", object.key());
      file.put("path", object.path());
      file.put("size", object.size());
      file.put("etag", object.etag());
      file.put("crc32c", object.crc32c());
    }
    ArrayNode links = root.putArray("symlinks");
    for (TorrentFile link : metainfo.files()) {
      link.symlinkTarget()
          .ifPresent(target -> links.addObject().put("path", link.path()).put("target", target));
    }
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
  }

  /**
   * What a manifest of a torrent lists.
   *
   * @return empty if these bytes are no manifest of this form and torrent
   */
  public static List<FinishedObject> objects(byte[] json, Metainfo metainfo) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JacksonException e) {
      return List.of();
    }
    if (root.path("version").asInt(0) != VERSION
        || !root.path("infoHash").asString("").equals(metainfo.infoHash().hex())) {
      return List.of();
    }
    List<FinishedObject> objects = new ArrayList<>();
    for (JsonNode file : root.path("objects")) {
      objects.add(
          new FinishedObject(
              file.path("key").asString(""),
              file.path("path").asString(""),
              file.path("size").asLong(-1),
              file.path("etag").asString(""),
              file.path("crc32c").asString("")));
    }
    return objects;
  }

  /** Whether these bytes are a manifest that this job has written. */
  static boolean isOf(byte[] json, String jobId) {
    try {
      return JSON.readTree(json).path("jobId").asString("").equals(jobId);
    } catch (JacksonException e) {
      return false;
    }
  }
}
