/** Tests of the demo. */
@org.jspecify.annotations.NullMarked
package dev.piecework.standalone.demo;
