package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.errors.ErrorResponseException;
import io.minio.messages.ErrorResponse;
import java.net.URI;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is made of answers that only Amazon's store gives. */
class StoreErrorsTest {
  @Test
  void theBucketsRegionIsNamedWhereTheAnswerHasNoBodyToSayIt() {
    Response response =
        new Response.Builder()
            .request(new Request.Builder().url("https://s3.example.org/data").head().build())
            .protocol(Protocol.HTTP_1_1)
            .code(400)
            .message("")
            .header("x-amz-bucket-region", "eu-central-1")
            .build();
    ErrorResponse body = new ErrorResponse("BadRequest", "", "data", "", "", "", "");

    StoreException e =
        new StoreErrors(URI.create("https://s3.example.org"))
            .translate(new ErrorResponseException(body, response, ""), "find bucket", "data", "");

    assertThat(e).hasMessageContaining("in region eu-central-1: set piecework.store.region to it");
    assertThat(e.reason()).isEqualTo(Reason.REFUSED);
  }

  @ParameterizedTest
  @CsvSource({
    "501,NotImplemented,A header you provided implies functionality that is not implemented",
    "400,InvalidArgument,Unsupported header 'x-amz-checksum-crc32c' received for this API call",
    "400,InvalidRequest,The algorithm type you specified in x-amz-checksum- header is invalid.",
  })
  void aStoreThatRefusesChecksumsIsToldOfNoMore(int status, String code, String words) {
    StoreException e = refused(status, code, words, true);

    assertThat(e).hasMessageContaining("set piecework.store.checksums=false");
    assertThat(e.reason()).isEqualTo(Reason.REFUSED);
    assertThat(refused(status, code, words, false).getMessage()).doesNotContain("checksums=false");
  }

  @Test
  void aChecksumThatDoesNotFitIsSentAgain() {
    StoreException e =
        refused(400, "BadDigest", "The CRC32C you specified did not match the checksum", true);

    assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE);
  }

  private static StoreException refused(int status, String code, String words, boolean sums) {
    Request.Builder request = new Request.Builder().url("https://s3.example.org/data/key").get();
    if (sums) {
      request.header("x-amz-checksum-crc32c", "AAAAAA==");
    }
    Response response =
        new Response.Builder()
            .request(request.build())
            .protocol(Protocol.HTTP_1_1)
            .code(status)
            .message("")
            .build();
    ErrorResponse body = new ErrorResponse(code, words, "data", "key", "", "", "");
    return new StoreErrors(URI.create("https://s3.example.org"))
        .translate(new ErrorResponseException(body, response, ""), "write", "data", "key");
  }
}
