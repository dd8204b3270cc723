/** S3 on the wire: requests as they are signed and sent, and answers as they come. */
@NullMarked
package dev.piecework.worker.s3;

import org.jspecify.annotations.NullMarked;
