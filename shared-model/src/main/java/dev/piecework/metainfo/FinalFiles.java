package dev.piecework.metainfo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes the files of a {@link Metainfo}: offsets, distinct paths, symlinks' targets. */
final class FinalFiles {
  private FinalFiles() {}

  static List<TorrentFile> of(FileList list, String name) {
    List<DraftFile> drafts = list.files();
    List<String> paths = DuplicateNames.resolve(drafts);
    boolean linked = drafts.stream().anyMatch(file -> file.symlink().isPresent());
    Symlinks symlinks = new Symlinks(name, linked ? drafts : List.of());
    List<TorrentFile> files = new ArrayList<>(drafts.size());
    long offset = 0;
    for (int i = 0; i < drafts.size(); i++) {
      DraftFile draft = drafts.get(i);
      Optional<String> target =
          draft.kind() == TorrentFile.Kind.SYMLINK ? symlinks.target(draft) : Optional.empty();
      files.add(new TorrentFile(i, paths.get(i), offset, draft.length(), draft.kind(), target));
      offset += draft.length();
    }
    return files;
  }
}
