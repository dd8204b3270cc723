package dev.piecework.worker.database;

import dev.piecework.worker.fault.Fault;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLSyntaxErrorException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.transaction.TransactionException;

/**
 * Tells SQL faults that heal from those that do not. An outage (connection lost, server shutting
 * down, out of resources, deadlock, timeout, wrong password, missing rights) is waited for. A fault
 * of what was to be written or asked (SQLSTATE classes 22, 23, 42 and their like) comes again with
 * every attempt: it ends the job, or sets the message aside. Every place that retries asks here.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL's
 *     codes</a>; H2 has those of the standard, and its own from 90000
 */
public final class SqlFaults {
  /**
   * Classes of SQLSTATE that another attempt does not change: cardinality, data, constraints, check
   * option, syntax or access rule, unsupported feature, a limit of the program.
   */
  private static final Set<String> LASTING = Set.of("0A", "21", "22", "23", "42", "44", "54");

  /**
   * Members of those classes that are the worker's own trouble, not the job's: no rights, or no
   * tables. Every job would meet them; so no job is blamed, and the operator is told.
   */
  private static final Set<String> WORKERS_OWN =
      Set.of("42501", "42P01", "42S02", "42S03", "42S04");

  private static final int MAX_DEPTH = 20;
  private static final int MAX_CAUSE = 300;

  private SqlFaults() {}

  /** Whether it comes from the database or from the way to it. */
  public static boolean causedBySql(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
      if (at instanceof DataAccessException
          || at instanceof TransactionException
          || at instanceof SQLException) {
        return true;
      }
    }
    return false;
  }

  /** Whether another attempt at the same would fail in the same way. */
  public static boolean lasting(Throwable failure) {
    SQLException sql = innermostSql(failure);
    if (sql == null) {
      return isLastingWithoutSql(failure);
    }
    String state = sql.getSQLState();
    if (state == null || state.length() < 2) {
      return sql instanceof SQLDataException
          || sql instanceof SQLIntegrityConstraintViolationException
          || sql instanceof SQLSyntaxErrorException
          || sql instanceof SQLFeatureNotSupportedException;
    }
    return LASTING.contains(state.substring(0, 2)) && !WORKERS_OWN.contains(state);
  }

  /** Whether the server refuses user or password. */
  public static boolean loginRefused(Throwable failure) {
    SQLException sql = innermostSql(failure);
    return sql != null && sql.getSQLState() != null && sql.getSQLState().startsWith("28");
  }

  /** Whether a right is missing. */
  static boolean accessDenied(Throwable failure) {
    SQLException sql = innermostSql(failure);
    return sql != null && "42501".equals(sql.getSQLState());
  }

  /**
   * The cause on one line, for people: what the server or the driver said, without the statement
   * and without the data, which may hold what must not be shown.
   */
  public static String cause(Throwable failure) {
    Throwable told = innermostSql(failure);
    if (told == null) {
      told = innermost(failure);
    }
    String text = told.getMessage() == null ? "no message" : told.getMessage();
    // What follows on further lines, or behind these words, is detail: rows, values, statements.
    text = text.strip().split("\\R", 2)[0].split("; SQL statement:", 2)[0];
    int value = text.indexOf("\": \"");
    text = (value < 0 ? text : text.substring(0, value + 1)).replaceAll("\\p{Cntrl}+", " ").strip();
    Throwable below = innermost(told);
    if (below != told && below.getMessage() != null && !text.contains(below.getMessage())) {
      text += " (" + below.getMessage().replaceAll("\\p{Cntrl}+", " ").strip() + ")";
    }
    return text.length() <= MAX_CAUSE ? text : text.substring(0, MAX_CAUSE) + "...";
  }

  /** What a job has that met it. */
  public static Fault fault(Throwable failure) {
    return lasting(failure)
        ? new Fault(
            Fault.Kind.DATABASE_REFUSED,
            "the database refused the job's data%s: %s; change the job, or report this together with the worker's log"
                .formatted(state(failure), cause(failure)))
        : new Fault(
            Fault.Kind.DATABASE_UNAVAILABLE,
            "the database failed under the job: " + cause(failure));
  }

  private static String state(Throwable failure) {
    SQLException sql = innermostSql(failure);
    return sql == null || sql.getSQLState() == null ? "" : " (SQLSTATE " + sql.getSQLState() + ")";
  }

  private static boolean isLastingWithoutSql(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
      if (at instanceof NonTransientDataAccessException) {
        return !(at instanceof NonTransientDataAccessResourceException);
      }
    }
    return false;
  }

  /** The one that says most: a pool's exception has the driver's below it. */
  private static @Nullable SQLException innermostSql(Throwable failure) {
    SQLException found = null;
    Throwable at = failure;
    for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
      if (at instanceof SQLException sql) {
        // A batch names its statement's fault beside itself.
        found =
            sql.getNextException() != null && sql.getSQLState() == null
                ? sql.getNextException()
                : sql;
      }
    }
    return found;
  }

  private static Throwable innermost(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at.getCause() != null && depth < MAX_DEPTH; depth++) {
      at = at.getCause();
    }
    return at;
  }
}
