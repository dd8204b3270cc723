/** Trackers over HTTP and UDP, tiers, announces (BEP 3, 7, 12, 15, 23). */
@NullMarked
package dev.piecework.tracker;

import org.jspecify.annotations.NullMarked;
