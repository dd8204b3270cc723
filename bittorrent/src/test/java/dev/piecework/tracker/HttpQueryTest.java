package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HttpQueryTest {
  private static String query(String url, AnnounceRequest request) {
    return HttpQuery.of((TrackerUrl.Http) TrackerUrl.parse(url), request);
  }

  @Test
  void carriesEverythingATrackerWants() {
    assertThat(query("http://t.example/announce", Announces.started()))
        .isEqualTo(
            "/announce?info_hash=%01%23Eg%89%AB%CD%EF%01%23Eg%89%AB%CD%EF%01%23Eg"
                + "&peer_id=-PW0100-abcdefghijkl&port=6881&uploaded=11&downloaded=22&left=33"
                + "&compact=1&no_peer_id=1&numwant=50&key=0BADCAFE&event=started");
  }

  @Test
  void keepsTheQueryOfTheUrl() {
    assertThat(query("http://t.example/a?passkey=1%2f2", Announces.started()))
        .startsWith("/a?passkey=1%2f2&info_hash=");
    assertThat(query("http://t.example/a?", Announces.started())).startsWith("/a?info_hash=");
    assertThat(query("http://t.example/a?x&", Announces.started())).startsWith("/a?x&info_hash=");
  }

  @Test
  void aRegularAnnounceHasNoEvent() {
    AnnounceRequest regular =
        new AnnounceRequest(
            Announces.settings(List.of()),
            new Totals(0, 0, 0),
            AnnounceEvent.REGULAR,
            50,
            "id\u00ff&");
    assertThat(query("http://t.example/a", regular))
        .doesNotContain("event=")
        .endsWith("&trackerid=id%FF%26");
  }

  @Test
  void tellsTheAddressThatIsToBeAnnounced() {
    AnnounceSettings settings =
        new AnnounceSettings(
            Announces.INFO_HASH,
            new byte[20],
            1,
            List.of(),
            1,
            1,
            Optional.of(InetAddress.ofLiteral("2001:db8::1")));
    AnnounceRequest request =
        new AnnounceRequest(settings, new Totals(0, 0, 0), AnnounceEvent.STOPPED, 0, "");
    assertThat(query("http://t.example/a", request))
        .endsWith("&ip=2001%3Adb8%3A0%3A0%3A0%3A0%3A0%3A1");
  }
}
