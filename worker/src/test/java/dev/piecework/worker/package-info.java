@NullMarked
package dev.piecework.worker;

import org.jspecify.annotations.NullMarked;
