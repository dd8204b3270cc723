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
}
