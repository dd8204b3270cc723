package dev.piecework.tracker;

import dev.piecework.net.ErrorHook;
import dev.piecework.tracker.HttpReplyReader.Progress;
import dev.piecework.tracker.HttpReplyReader.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Gathers one HTTP answer, of bounded size, and calls exactly one method of its reader. */
final class HttpBodyHandler extends SimpleChannelInboundHandler<ByteBuf> {
  /** Told what came. */
  interface Reader {
    /** The answer is complete, or is a redirect. */
    void answered(Reply reply);

    /** There is no usable answer. */
    void failed(String message);
  }

  private final Reader reader;
  private final HttpReplyReader reply = new HttpReplyReader();
  private boolean done;

  HttpBodyHandler(Reader reader) {
    this.reader = reader;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
    if (!done) {
      tell(context, reply.read(bytes));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!done) {
      tell(context, reply.end());
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ErrorHook.of(context.executor()).check(cause);
    if (done) {
      return;
    }
    // A connection that is cut off, TLS without its farewell too, may have brought enough.
    if (reply.end() instanceof Progress.Complete complete) {
      tell(context, complete);
      return;
    }
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof SSLException tls) {
        tell(context, new Progress.Broken(ConnectionFault.describeTls(tls)));
        return;
      }
    }
    tell(context, new Progress.Broken("connection failed: " + ConnectionFault.message(cause)));
  }

  /** Nobody wants to wait longer: what has come, if it is an answer. */
  Optional<Reply> endNow() {
    return !done && reply.end() instanceof Progress.Complete complete
        ? Optional.of(complete.reply())
        : Optional.empty();
  }

  private void tell(ChannelHandlerContext context, Progress progress) {
    switch (progress) {
      case Progress.More _ -> {}
      case Progress.Complete complete -> {
        done = true;
        var _ = context.close();
        reader.answered(complete.reply());
      }
      case Progress.Broken broken -> {
        done = true;
        var _ = context.close();
        reader.failed(broken.message());
      }
    }
  }
}
