@NullMarked
package dev.piecework.message;

import org.jspecify.annotations.NullMarked;
