@NullMarked
package dev.piecework.worker.intake;

import org.jspecify.annotations.NullMarked;
