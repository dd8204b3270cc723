package dev.piecework.tracker;

import dev.piecework.text.ForeignText;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.net.ssl.SSLException;

/** Gathers one HTTP answer, of bounded size, and calls exactly one method of its reader. */
final class HttpBodyHandler extends SimpleChannelInboundHandler<HttpObject> {
  /** Told what came. */
  interface Reader {
    /** The answer was a redirect. */
    void redirected(String location);

    /** The answer is complete. */
    void answered(int status, byte[] body);

    /** There is no usable answer. */
    void failed(String message);
  }

  private final Reader reader;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int status;
  private boolean done;

  HttpBodyHandler(Reader reader) {
    this.reader = reader;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (done) {
      return;
    }
    if (message.decoderResult().isFailure()) {
      fail(
          context,
          "answer is not HTTP: "
              + ForeignText.line(String.valueOf(message.decoderResult().cause().getMessage())));
      return;
    }
    if (message instanceof HttpResponse response) {
      head(context, response);
    }
    if (!done && message instanceof HttpContent content) {
      content(context, content);
    }
  }

  private void head(ChannelHandlerContext context, HttpResponse response) {
    status = response.status().code();
    String location = response.headers().get(HttpHeaderNames.LOCATION);
    boolean redirect =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (redirect && location != null) {
      done = true;
      var _ = context.close();
      reader.redirected(location);
    }
  }

  private void content(ChannelHandlerContext context, HttpContent content) {
    int length = content.content().readableBytes();
    if (body.size() + length > HttpAnswer.MAX_BYTES) {
      fail(context, tooLarge());
      return;
    }
    try {
      content.content().readBytes(body, length);
    } catch (IOException e) {
      throw new UncheckedIOException("a byte array does not fail", e);
    }
    if (content instanceof LastHttpContent) {
      done = true;
      var _ = context.close();
      reader.answered(status, body.toByteArray());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail(context, "connection closed before the answer was complete");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof SSLException tls) {
        fail(context, ConnectionFault.describeTls(tls));
        return;
      }
      if (each instanceof DecompressionException) {
        fail(
            context,
            tooLarge() + ", or not gzip: " + ForeignText.line(String.valueOf(each.getMessage())));
        return;
      }
    }
    fail(context, "connection failed: " + ForeignText.line(String.valueOf(cause.getMessage())));
  }

  private void fail(ChannelHandlerContext context, String message) {
    if (!done) {
      done = true;
      var _ = context.close();
      reader.failed(message);
    }
  }

  private static String tooLarge() {
    return "answer larger than 1 MiB refused";
  }
}
