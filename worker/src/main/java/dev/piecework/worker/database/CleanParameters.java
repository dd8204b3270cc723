package dev.piecework.worker.database;

import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.PreparedStatementCreator;
import org.springframework.jdbc.core.PreparedStatementCreatorFactory;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.core.namedparam.SqlParameterSource;

/**
 * The last gate before the database: what PostgreSQL cannot hold in a text (U+0000, half a
 * surrogate pair) becomes U+FFFD, whatever text it stands in. Text from outside is cleaned where it
 * enters; this is for what no one has thought of, so that it costs a character and not a worker.
 */
final class CleanParameters extends NamedParameterJdbcTemplate {
  private static final char REPLACEMENT = '\uFFFD';

  CleanParameters(DataSource dataSource) {
    super(dataSource);
  }

  @Override
  protected PreparedStatementCreator getPreparedStatementCreator(
      String sql,
      SqlParameterSource parameters,
      @Nullable Consumer<PreparedStatementCreatorFactory> customizer) {
    return super.getPreparedStatementCreator(sql, new Clean(parameters), customizer);
  }

  /** The same text, if nothing is wrong with it. */
  static String clean(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (unfit(text, at)) {
        return replaced(text, at);
      }
    }
    return text;
  }

  private static String replaced(String text, int from) {
    StringBuilder clean = new StringBuilder(text);
    for (int at = from; at < text.length(); at++) {
      if (unfit(text, at)) {
        clean.setCharAt(at, REPLACEMENT);
      }
    }
    return clean.toString();
  }

  private static boolean unfit(String text, int at) {
    char unit = text.charAt(at);
    if (unit == 0) {
      return true;
    }
    if (Character.isHighSurrogate(unit)) {
      return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
    }
    return Character.isLowSurrogate(unit)
        && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
  }

  private record Clean(SqlParameterSource source) implements SqlParameterSource {
    @Override
    public boolean hasValue(String name) {
      return source.hasValue(name);
    }

    @Override
    public @Nullable Object getValue(String name) {
      Object value = source.getValue(name);
      return value instanceof String text ? clean(text) : value;
    }

    @Override
    public int getSqlType(String name) {
      return source.getSqlType(name);
    }

    @Override
    public @Nullable String getTypeName(String name) {
      return source.getTypeName(name);
    }

    @Override
    public String @Nullable [] getParameterNames() {
      return source.getParameterNames();
    }
  }
}
