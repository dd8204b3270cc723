package dev.piecework.message;

/**
 * Where the objects of a job go.
 *
 * @param bucket an existing bucket
 * @param prefix put in front of every key as it stands; may be empty
 */
public record Destination(String bucket, String prefix) {}
