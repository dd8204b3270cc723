/** Job, event and control messages, their JSON form, and the broker topology's names. */
@NullMarked
package dev.piecework.message;

import org.jspecify.annotations.NullMarked;
