package dev.piecework.cli;

import dev.piecework.cli.progress.Human;
import dev.piecework.cli.progress.JsonOutput;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.Table;
import dev.piecework.exit.ExitCode;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a torrent file says. */
@Command(
    name = "inspect",
    sortOptions = false,
    description = "Show what is in a .torrent file.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework inspect debian.torrent",
      "  piecework inspect debian.torrent -o json | jq '.files[].path'"
    })
final class InspectCommand implements Callable<Integer> {
  private final CliContext context;

  @Parameters(index = "0", paramLabel = "FILE", description = "A .torrent file.")
  String file = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json, jsonl (the same) or name (the info-hash).")
  OutputFormat format = OutputFormat.TABLE;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  InspectCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Metainfo torrent = TorrentFiles.parse(file, TorrentFiles.read(file));
    switch (format) {
      case TABLE -> table(torrent, context.out());
      case JSON, JSONL -> json(torrent, context.out());
      case NAME -> context.out().println(torrent.infoHash().hex());
    }
    return ExitCode.OK.code();
  }

  private static long contentBytes(Metainfo torrent) {
    return torrent.files().stream()
        .filter(file -> file.kind() == TorrentFile.Kind.REGULAR)
        .mapToLong(TorrentFile::length)
        .sum();
  }

  private static List<TorrentFile> listed(Metainfo torrent) {
    return torrent.files().stream().filter(file -> file.kind() != TorrentFile.Kind.PAD).toList();
  }

  private static void table(Metainfo torrent, PrintStream out) {
    line(out, "Name", torrent.name());
    line(out, "Info-hash", torrent.infoHash().hex());
    line(
        out,
        "Size",
        "%s (%,d bytes)"
            .formatted(Human.bytes(contentBytes(torrent)), contentBytes(torrent))
            .replace(',', ' '));
    line(out, "Pieces", torrent.pieceCount() + " of " + Human.bytes(torrent.pieceLength()));
    line(out, "Private", torrent.privateTorrent() ? "yes: peers from its trackers only" : "no");
    torrent.createdBy().ifPresent(by -> line(out, "Created by", by));
    torrent.comment().ifPresent(comment -> line(out, "Comment", comment));
    for (int tier = 0; tier < torrent.trackers().size(); tier++) {
      String title = tier == 0 ? "Trackers" : "";
      line(out, title, String.join(" ", torrent.trackers().get(tier)));
    }
    for (int i = 0; i < torrent.webSeeds().size(); i++) {
      line(out, i == 0 ? "Web seeds" : "", torrent.webSeeds().get(i));
    }
    line(out, "Files", Integer.toString(listed(torrent).size()));
    out.println();
    Table files = Table.of(Table.Column.right("SIZE"), Table.Column.left("PATH"));
    for (TorrentFile file : listed(torrent)) {
      files.row(
          file.kind() == TorrentFile.Kind.SYMLINK ? "link" : Human.bytes(file.length()),
          file.path() + file.symlinkTarget().map(target -> " -> " + target).orElse(""));
    }
    files.print(out);
  }

  private static void line(PrintStream out, String title, String value) {
    out.println("%-11s %s".formatted(title, Table.harmless(value)));
  }

  private static void json(Metainfo torrent, PrintStream out) {
    JsonOutput.print(
        out,
        json -> {
          json.writeStringProperty("name", torrent.name());
          json.writeStringProperty("infoHash", torrent.infoHash().hex());
          json.writeNumberProperty("size", contentBytes(torrent));
          json.writeNumberProperty("pieces", torrent.pieceCount());
          json.writeNumberProperty("pieceLength", torrent.pieceLength());
          json.writeBooleanProperty("private", torrent.privateTorrent());
          torrent.createdBy().ifPresent(by -> json.writeStringProperty("createdBy", by));
          torrent.comment().ifPresent(text -> json.writeStringProperty("comment", text));
          json.writeName("trackers");
          json.writeStartArray();
          for (List<String> tier : torrent.trackers()) {
            json.writeStartArray();
            tier.forEach(json::writeString);
            json.writeEndArray();
          }
          json.writeEndArray();
          json.writeName("webSeeds");
          json.writeStartArray();
          torrent.webSeeds().forEach(json::writeString);
          json.writeEndArray();
          json.writeName("files");
          json.writeStartArray();
          for (TorrentFile file : torrent.files()) {
            json.writeStartObject();
            json.writeStringProperty("path", file.path());
            json.writeNumberProperty("size", file.length());
            json.writeNumberProperty("offset", file.offset());
            json.writeStringProperty("kind", file.kind().name().toLowerCase(Locale.ROOT));
            file.symlinkTarget().ifPresent(target -> json.writeStringProperty("target", target));
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
