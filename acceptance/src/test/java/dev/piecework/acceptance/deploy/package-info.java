/** That the image, the compose file and the chart fit the code that they run. */
@NullMarked
package dev.piecework.acceptance.deploy;

import org.jspecify.annotations.NullMarked;
