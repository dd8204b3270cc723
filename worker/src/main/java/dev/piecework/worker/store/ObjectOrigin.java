package dev.piecework.worker.store;

/**
 * What an object comes from; stands in its metadata, so that whoever finds it can tell.
 *
 * @param jobId the job that wrote it
 * @param infoHash of its torrent, in hexadecimal
 */
public record ObjectOrigin(String jobId, String infoHash) {}
