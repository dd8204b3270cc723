@NullMarked
package dev.piecework.cli.broker;

import org.jspecify.annotations.NullMarked;
