/**
 * No job is ever lost, done twice, or done wrong: real workers, services and seeders, faults drawn
 * from a seed, and what must hold after each round of them.
 */
@NullMarked
package dev.piecework.acceptance.faults;

import org.jspecify.annotations.NullMarked;
