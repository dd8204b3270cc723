package dev.piecework.standalone.run;

import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.message.JobOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What {@code run} was asked for.
 *
 * @param sources as written
 * @param to the folder for content
 * @param job options of every job
 * @param patience without a verified byte for this long, a job is given up
 * @param noPeersTimeout without any peer ever connected for this long, a job is left
 * @param output format of the result
 * @param verbose whether log lines go to standard error instead of the log file
 */
record RunOptions(
    List<String> sources,
    Path to,
    JobOptions job,
    Duration patience,
    Duration noPeersTimeout,
    OutputFormat output,
    boolean verbose) {}
