/** Tests of the services. */
@org.jspecify.annotations.NullMarked
package dev.piecework.standalone.services;
