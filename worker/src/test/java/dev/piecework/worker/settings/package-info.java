@NullMarked
package dev.piecework.worker.settings;

import org.jspecify.annotations.NullMarked;
