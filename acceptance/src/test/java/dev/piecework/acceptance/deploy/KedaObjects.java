package dev.piecework.acceptance.deploy;

import java.util.List;
import java.util.Map;

/** KEDA's objects as far as the chart uses them; a misspelt field has no place in them. */
final class KedaObjects {
  private KedaObjects() {}

  record Metadata(String name, String namespace, Map<String, String> labels) {}

  record ScaledObject(String apiVersion, String kind, Metadata metadata, ScaledObjectSpec spec) {}

  record ScaledObjectSpec(
      Named scaleTargetRef,
      int minReplicaCount,
      int maxReplicaCount,
      int pollingInterval,
      int cooldownPeriod,
      List<Trigger> triggers) {}

  record Trigger(String type, Map<String, String> metadata, Named authenticationRef) {}

  record Named(String name) {}

  record TriggerAuthentication(
      String apiVersion, String kind, Metadata metadata, TriggerAuthenticationSpec spec) {}

  record TriggerAuthenticationSpec(List<SecretTarget> secretTargetRef) {}

  record SecretTarget(String parameter, String name, String key) {}
}
