/** What is shipped, and under which licences. */
@NullMarked
package dev.piecework.acceptance.supply;

import org.jspecify.annotations.NullMarked;
