/** What holds for the whole: the boundaries between modules, and jobs from end to end. */
@NullMarked
package dev.piecework.acceptance;

import org.jspecify.annotations.NullMarked;
