@NullMarked
package dev.piecework.worker.observe;

import org.jspecify.annotations.NullMarked;
