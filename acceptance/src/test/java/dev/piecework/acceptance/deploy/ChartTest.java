package dev.piecework.acceptance.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import dev.piecework.message.Topology;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Helm chart, rendered by Helm itself. */
class ChartTest {
  private static final Map<String, Object> KEDA =
      Map.of("keda.enabled", true, "keda.existingSecret", "management-login");

  /** Settings that have a value of their own, or are secrets. */
  private static final Set<String> SETTINGS_ELSEWHERE =
      Set.of(
          "broker.uri",
          "broker.username",
          "broker.password",
          "broker.password-file",
          "database.url",
          "database.username",
          "database.password",
          "database.password-file",
          "store.endpoint",
          "store.region",
          "store.path-style",
          "store.access-key",
          "store.secret-key",
          "store.secret-key-file",
          "store.access-key-file",
          "store.credentials",
          "store.sts-endpoint",
          "store.ca-file",
          "broker.ca-file",
          "objects.storage-class",
          "objects.encryption",
          "objects.kms-key-id",
          "objects.tags",
          "objects.metadata",
          "scratch.directory",
          "http.address",
          "http.enabled",
          "http.port",
          "worker.slots",
          "worker.grace-period",
          "engine.listen-port");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "credentials: static\n  existingSecret: login",
        "credentials: iam\n  existingSecret: \"\""
      })
  void lintFindsNothingInStrictMode(String credentials, @TempDir Path folder) throws IOException {
    // Lint takes no values: it is given the chart with the required ones filled in.
    Path chart = folder.resolve("piecework");
    Path original = SourceTree.file("helm/piecework");
    try (var files = Files.walk(original)) {
      for (Path file : files.toList()) {
        Files.copy(file, chart.resolve(original.relativize(file).toString()));
      }
    }
    Path values = chart.resolve("values.yaml");
    Files.writeString(
        values,
        Files.readString(values)
            .replace("  uri: \"\"", "  uri: amqp://rabbitmq")
            .replace("  url: \"\"", "  url: jdbc:postgresql://postgres/piecework")
            .replace("  endpoint: \"\"", "  endpoint: http://s3:9000")
            .replace("  existingSecret: \"\"", "  existingSecret: login")
            .replace("credentials: static\n  existingSecret: login", credentials));

    LintResult result = new Helm(chart).lint().strict().call();

    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
  }

  @Test
  void theLeastValuesMakeWorkersABudgetAPolicyAndAnAccount() {
    Rendering rendering = Rendering.of(Map.of());

    assertThat(rendering.deployment().getSpec().getReplicas()).isEqualTo(2);
    assertThat(rendering.deployment().getMetadata().getNamespace()).isEqualTo("torrents");
    assertThat(rendering.find(ServiceAccount.class)).isPresent();
    assertThat(rendering.find(PodDisruptionBudget.class).orElseThrow().getSpec().getSelector())
        .isEqualTo(rendering.deployment().getSpec().getSelector());
    assertThat(rendering.find(NetworkPolicy.class)).isPresent();
    assertThat(rendering.find(KedaObjects.ScaledObject.class)).isEmpty();
    assertThat(rendering.find(KedaObjects.TriggerAuthentication.class)).isEmpty();
  }

  @Test
  void whatIsSwitchedOffIsNotMade() {
    Rendering rendering =
        Rendering.of(
            Map.of(
                "podDisruptionBudget.enabled", false,
                "networkPolicy.enabled", false,
                "serviceAccount.create", false));

    assertThat(rendering.find(PodDisruptionBudget.class)).isEmpty();
    assertThat(rendering.find(NetworkPolicy.class)).isEmpty();
    assertThat(rendering.find(ServiceAccount.class)).isEmpty();
    assertThat(rendering.pod().getServiceAccountName()).isEqualTo("default");
  }

  @Test
  void theScalerAloneDecidesHowManyWorkersThereAre() {
    Rendering rendering = Rendering.of(KEDA);

    assertThat(rendering.deployment().getSpec().getReplicas()).isNull();
    KedaObjects.ScaledObject scaled = rendering.find(KedaObjects.ScaledObject.class).orElseThrow();
    assertThat(scaled.spec().scaleTargetRef().name())
        .isEqualTo(rendering.deployment().getMetadata().getName());
    assertThat(scaled.spec().minReplicaCount())
        .as("somebody answers, retries and cleans")
        .isEqualTo(1);
    assertThat(scaled.spec().triggers())
        .singleElement()
        .satisfies(trigger -> {
          assertThat(trigger.type()).isEqualTo("rabbitmq");
          assertThat(trigger.metadata())
              .containsEntry("protocol", "http")
              .containsEntry("queueName", Topology.JOBS_QUEUE)
              .containsEntry("mode", "QueueLength")
              .containsEntry("value", "4")
              .doesNotContainKey("host");
        });
  }

  @Test
  void theScalerTakesItsAddressAndPasswordFromASecret() {
    Rendering rendering = Rendering.of(KEDA);

    KedaObjects.TriggerAuthentication authentication =
        rendering.find(KedaObjects.TriggerAuthentication.class).orElseThrow();
    assertThat(authentication.spec().secretTargetRef())
        .containsExactly(
            new KedaObjects.SecretTarget("host", "management-login", "management-url"));
    assertThat(
            rendering
                .find(KedaObjects.ScaledObject.class)
                .orElseThrow()
                .spec()
                .triggers()
                .getFirst()
                .authenticationRef()
                .name())
        .isEqualTo(authentication.metadata().name());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 600})
  void kubernetesWaitsLongerThanTheWorkerNeedsToHandItsJobsBack(int seconds) {
    Rendering rendering = Rendering.of(Map.of("worker.gracePeriodSeconds", seconds));

    assertThat(rendering.variable("PIECEWORK_WORKER_GRACE_PERIOD").getValue())
        .isEqualTo(seconds + "s");
    assertThat(rendering.pod().getTerminationGracePeriodSeconds()).isEqualTo(seconds + 15L);
  }

  @Test
  void theWorkerKnowsEveryVariableThatItIsGiven() {
    Rendering rendering = Rendering.of(Map.of("settings.worker\\.lease", "30s"));

    assertThat(rendering.container().getEnv())
        .extracting(EnvVar::getName)
        .doesNotHaveDuplicates()
        .contains("PIECEWORK_WORKER_LEASE")
        .filteredOn(name -> name.startsWith("PIECEWORK_"))
        .isSubsetOf(WorkerVariables.names());
    assertThat(rendering.variable("PIECEWORK_WORKER_LEASE").getValue()).isEqualTo("30s");
  }

  @Test
  void theSchemaKnowsEverySettingThatIsNoSecret() throws IOException {
    JsonNode schema =
        new ObjectMapper().readTree(SourceTree.file("helm/piecework/values.schema.json").toFile());
    Set<String> known = new TreeSet<>();
    schema.at("/properties/settings/properties").fieldNames().forEachRemaining(known::add);

    Set<String> expected = new TreeSet<>(WorkerVariables.settings());
    assertThat(expected).containsAll(SETTINGS_ELSEWHERE);
    expected.removeAll(SETTINGS_ELSEWHERE);
    assertThat(known).isEqualTo(expected);
  }

  @Test
  void theWorkerHasNoRightsAndWritesToScratchOnly() {
    Rendering rendering = Rendering.of(Map.of());

    assertThat(rendering.pod().getAutomountServiceAccountToken()).isFalse();
    assertThat(rendering.pod().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(rendering.container().getSecurityContext())
        .satisfies(context -> {
          assertThat(context.getReadOnlyRootFilesystem()).isTrue();
          assertThat(context.getAllowPrivilegeEscalation()).isFalse();
          assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        });
    assertThat(rendering.container().getVolumeMounts())
        .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
        .singleElement()
        .satisfies(mount -> assertThat(mount.getMountPath()).isEqualTo("/scratch"));
    assertThat(rendering.variable("PIECEWORK_SCRATCH_DIRECTORY").getValue())
        .startsWith("/scratch/");
  }

  @Test
  void theProbesAskTheWorkersOwnPort() {
    Rendering rendering = Rendering.of(Map.of("http.port", 9999));
    Container worker = rendering.container();

    assertThat(rendering.variable("PIECEWORK_HTTP_PORT").getValue()).isEqualTo("9999");
    assertThat(worker.getPorts())
        .filteredOn(port -> port.getName().equals("http"))
        .singleElement()
        .satisfies(port -> assertThat(port.getContainerPort()).isEqualTo(9999));
    assertThat(List.of(worker.getStartupProbe(), worker.getLivenessProbe()))
        .allSatisfy(probe -> {
          assertThat(probe.getHttpGet().getPath()).isEqualTo("/health/live");
          assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
        });
    assertThat(worker.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/health/ready");
  }

  @Test
  void metricsCanBeReadInsideTheClusterOnly() {
    var ingress =
        Rendering.of(Map.of()).find(NetworkPolicy.class).orElseThrow().getSpec().getIngress();

    assertThat(ingress)
        .filteredOn(rule -> rule.getPorts().getFirst().getPort().getIntVal() == 9464)
        .singleElement()
        .satisfies(rule ->
            assertThat(rule.getFrom())
                .singleElement()
                .satisfies(from -> {
                  assertThat(from.getNamespaceSelector()).isNotNull();
                  assertThat(from.getIpBlock()).isNull();
                }));
  }

  @Test
  void theMonitorFindsTheWorkersByTheirPort() {
    Rendering rendering =
        Rendering.of(
            Map.of(
                "monitoring.podMonitor.enabled",
                true,
                "monitoring.podMonitor.labels.release",
                "watch"));

    MonitoringObjects.PodMonitor monitor =
        rendering.find(MonitoringObjects.PodMonitor.class).orElseThrow();
    assertThat(monitor.metadata().labels()).containsEntry("release", "watch");
    assertThat(monitor.spec().selector().matchLabels())
        .isEqualTo(rendering.deployment().getSpec().getSelector().getMatchLabels());
    assertThat(monitor.spec().podMetricsEndpoints())
        .containsExactly(new MonitoringObjects.Endpoint("http", "/metrics", "15s"));
    assertThat(rendering.container().getPorts())
        .anySatisfy(port -> assertThat(port.getName()).isEqualTo("http"));
  }

  @Test
  void theRulesAreThoseOfTheFile() {
    long alerts =
        SourceTree.text("helm/piecework/observability/piecework.rules.yml")
            .lines()
            .filter(line -> line.strip().startsWith("- alert: "))
            .count();

    List<MonitoringObjects.Rule> rules = rules(Map.of("monitoring.prometheusRule.enabled", true));

    assertThat(rules).hasSize((int) alerts);
    assertThat(rules)
        .filteredOn(rule -> rule.alert().equals("PieceworkBrokerAway"))
        .singleElement()
        .satisfies(rule -> {
          assertThat(rule.expr()).isEqualTo("piecework_broker_connected == 0");
          assertThat(rule.duration()).isEqualTo("5m");
          assertThat(rule.annotations().get("summary")).startsWith("{{ $labels.instance }} takes");
        });
  }

  @Test
  void aFleetThatMayBeEmptyHasNoAlertForThat() {
    Map<String, Object> values = new HashMap<>(KEDA);
    values.put("monitoring.prometheusRule.enabled", true);
    assertThat(rules(values))
        .extracting(MonitoringObjects.Rule::alert)
        .contains("PieceworkNoWorkers", "PieceworkQueueStands");

    values.put("keda.minReplicas", 0);
    assertThat(rules(values))
        .extracting(MonitoringObjects.Rule::alert)
        .contains("PieceworkBrokerAway")
        .doesNotContain("PieceworkNoWorkers");
  }

  private static List<MonitoringObjects.Rule> rules(Map<String, Object> values) {
    return Rendering.of(values)
        .find(MonitoringObjects.PrometheusRule.class)
        .orElseThrow()
        .spec()
        .groups()
        .getFirst()
        .rules();
  }

  @Test
  void theDashboardIsTheFileToTheLetter() {
    assertThat(Rendering.of(Map.of()).find(ConfigMap.class)).isEmpty();
    ConfigMap dashboard =
        Rendering.of(Map.of("monitoring.dashboard.enabled", true))
            .find(ConfigMap.class)
            .orElseThrow();
    assertThat(dashboard.getMetadata().getLabels()).containsEntry("grafana_dashboard", "1");
    assertThat(dashboard.getData())
        .containsEntry(
            "piecework.json", SourceTree.text("helm/piecework/observability/dashboard.json"));
  }

  @Test
  void scratchIsBoundedInEitherForm() {
    Volume directory = Rendering.of(Map.of("scratch.size", "3Gi")).volume("scratch");
    Volume own =
        Rendering.of(
                Map.of(
                    "scratch.type", "ephemeral",
                    "scratch.size", "20Gi",
                    "scratch.storageClass", "fast"))
            .volume("scratch");

    assertThat(directory.getEmptyDir().getSizeLimit()).hasToString("3Gi");
    assertThat(own.getEmptyDir()).isNull();
    assertThat(own.getEphemeral().getVolumeClaimTemplate().getSpec())
        .satisfies(claim -> {
          assertThat(claim.getStorageClassName()).isEqualTo("fast");
          assertThat(claim.getResources().getRequests().get("storage")).hasToString("20Gi");
        });
  }

  @Test
  void strangersTorrentsDoNotLeadIntoPrivateNetworks() {
    Rendering rendering =
        Rendering.of(
            Map.of(
                "worker.peerPort",
                7000,
                "networkPolicy.services[0].to[0].ipBlock.cidr",
                "10.0.5.0/24"));

    var policy = rendering.find(NetworkPolicy.class).orElseThrow().getSpec();
    assertThat(policy.getPodSelector()).isEqualTo(rendering.deployment().getSpec().getSelector());
    assertThat(policy.getIngress().getFirst().getPorts().getFirst().getPort().getIntVal())
        .isEqualTo(7000);
    assertThat(policy.getEgress())
        .flatExtracting(rule -> rule.getTo())
        .extracting(NetworkPolicyPeer::getIpBlock)
        .filteredOn(block -> block != null)
        .satisfiesExactly(
            services -> assertThat(services.getCidr()).isEqualTo("10.0.5.0/24"),
            internet -> assertThat(internet.getExcept()).contains("10.0.0.0/8", "169.254.0.0/16"),
            internet6 -> assertThat(internet6.getExcept()).contains("fc00::/7"));
  }

  @ParameterizedTest
  @CsvSource({
    "worker.slot, 4, slot",
    "settings.worker\\.leese, 30s, leese",
    "settings.store\\.secret-key, x, secret-key",
    "broker.password, x, password",
    "worker.slots, 0, slots",
    "worker.gracePeriodSeconds, 0, gracePeriodSeconds",
    "broker.uri, amqp://user:secret@rabbitmq, uri",
    "database.url, jdbc:postgresql://db/x?password=y, url",
    "scratch.size, unlimited, size",
    "keda.enabled, true, existingSecret",
    "replica, 3, replica"
  })
  void theSchemaRefuses(String name, String value, String named) {
    assertThatThrownBy(() -> Rendering.of(Map.of(name, value))).hasMessageContaining(named);
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowIsNoticed() {
    assertThatThrownBy(() ->
            Rendering.read(
                Map.of(
                    "apiVersion", "apps/v1", "kind", "Deployment", "spec", Map.of("replicaz", 2))))
        .hasMessageContaining("replicaz");
  }

  @Test
  void oneFileHoldsOneObject() throws IOException {
    try (var templates = Files.list(SourceTree.file("helm/piecework/templates"))) {
      assertThat(templates.filter(file -> file.toString().endsWith(".yaml")))
          .isNotEmpty()
          .allSatisfy(file ->
              assertThat(Files.readString(file).lines().filter(line -> line.startsWith("kind:")))
                  .hasSize(1));
    }
  }
}
