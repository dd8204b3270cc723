package dev.piecework.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Values of options that were not given, from the environment. */
final class EnvironmentDefaults implements IDefaultValueProvider {
  private static final Map<String, String> VARIABLES =
      Map.of(
          "--bucket", ConfigFile.BUCKET_VARIABLE,
          "--prefix", ConfigFile.PREFIX_VARIABLE,
          "--output", ConfigFile.OUTPUT_VARIABLE);

  private final Map<String, String> environment;

  EnvironmentDefaults(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option)) {
      return null;
    }
    String variable = VARIABLES.get(option.longestName());
    String value = variable == null ? null : environment.get(variable);
    return value == null || value.isEmpty() ? null : value;
  }
}
