/** Metrics, dashboards and alerts, held to what workers export and to a real Prometheus. */
@NullMarked
package dev.piecework.acceptance.observe;

import org.jspecify.annotations.NullMarked;
