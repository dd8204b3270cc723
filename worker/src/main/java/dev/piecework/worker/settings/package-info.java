/** What an operator can set, with defaults; see docs/configuration.md. */
@NullMarked
package dev.piecework.worker.settings;

import org.jspecify.annotations.NullMarked;
