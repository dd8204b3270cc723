package dev.piecework.acceptance.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.worker.store.ObjectSettings;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.support.SpringApplicationJsonEnvironmentPostProcessor;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * How the chart's workers prove who they are, whom they believe, and what they ask of the store.
 */
class ChartAccessTest {
  /** No keys, but the role of the pod or its node. */
  private static final Map<String, Object> IAM =
      Map.of("store.credentials", "iam", "store.existingSecret", "");

  @Test
  void secretsComeFromSecretsOnly() {
    Rendering rendering = Rendering.of(Map.of());

    assertThat(rendering.container().getEnv())
        .filteredOn(entry -> entry.getName().matches(".*(PASSWORD|SECRET_KEY|ACCESS_KEY|USERNAME)"))
        .hasSize(3)
        .allSatisfy(entry -> {
          assertThat(entry.getValue()).isNull();
          assertThat(entry.getValueFrom().getSecretKeyRef().getName()).endsWith("-login");
        });
    for (String service : List.of("broker", "database", "store")) {
      assertThat(rendering.volume(service).getSecret().getSecretName())
          .isEqualTo(service + "-login");
    }
  }

  @Test
  void everySecretFileIsMountedWhereTheWorkerIsTold() {
    Rendering rendering = Rendering.of(Map.of());

    List<String> files =
        rendering.container().getVolumeMounts().stream()
            .filter(mount -> rendering.volume(mount.getName()).getSecret() != null)
            .map(mount ->
                mount.getMountPath()
                    + "/"
                    + rendering.volume(mount.getName()).getSecret().getItems().getFirst().getPath())
            .toList();
    assertThat(rendering.container().getEnv())
        .filteredOn(entry -> entry.getName().endsWith("_FILE"))
        .extracting(EnvVar::getValue)
        .containsExactlyInAnyOrderElementsOf(files);
  }

  @Test
  void aRoleNeedsNoSecret() {
    Map<String, Object> values = new HashMap<>(IAM);
    values.put(
        "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn",
        "arn:aws:iam::123456789012:role/piecework");
    Rendering rendering = Rendering.of(values);

    assertThat(rendering.variable("PIECEWORK_STORE_CREDENTIALS").getValue()).isEqualTo("iam");
    assertThat(rendering.container().getEnv())
        .extracting(EnvVar::getName)
        .noneMatch(name -> name.matches("PIECEWORK_STORE_(ACCESS|SECRET)_KEY.*|AWS_.*"));
    assertThat(rendering.pod().getVolumes()).extracting(Volume::getName).doesNotContain("store");
    assertThat(rendering.find(ServiceAccount.class).orElseThrow().getMetadata().getAnnotations())
        .containsEntry("eks.amazonaws.com/role-arn", "arn:aws:iam::123456789012:role/piecework");
  }

  @Test
  void whereNoWebhookMountsATokenTheChartDoes() {
    Map<String, Object> values = new HashMap<>(IAM);
    values.put("store.stsEndpoint", "https://sts.example.org");
    values.put("store.webIdentity.audience", "sts.example.org");
    values.put("store.webIdentity.roleArn", "arn:aws:iam::1:role/piecework");
    Rendering rendering = Rendering.of(values);

    var source = rendering.volume("web-identity").getProjected().getSources().getFirst();
    assertThat(source.getServiceAccountToken())
        .satisfies(token -> {
          assertThat(token.getAudience()).isEqualTo("sts.example.org");
          assertThat(token.getExpirationSeconds()).isEqualTo(3600);
        });
    assertThat(rendering.variable("AWS_WEB_IDENTITY_TOKEN_FILE").getValue())
        .isEqualTo(
            rendering.mountPath("web-identity") + "/" + source.getServiceAccountToken().getPath());
    assertThat(rendering.variable("AWS_ROLE_ARN").getValue())
        .isEqualTo("arn:aws:iam::1:role/piecework");
    assertThat(rendering.variable("PIECEWORK_STORE_STS_ENDPOINT").getValue())
        .isEqualTo("https://sts.example.org");
  }

  @ParameterizedTest
  @CsvSource({"broker, PIECEWORK_BROKER_CA_FILE", "store, PIECEWORK_STORE_CA_FILE"})
  void authoritiesAreMountedWhereTheWorkerIsTold(String service, String variable) {
    Rendering rendering =
        Rendering.of(Map.of(service + ".ca.configMap", "authorities", service + ".ca.key", "root"));

    Volume volume = rendering.volume(service + "-ca");
    assertThat(volume.getConfigMap().getName()).isEqualTo("authorities");
    KeyToPath item = volume.getConfigMap().getItems().getFirst();
    assertThat(item.getKey()).isEqualTo("root");
    assertThat(rendering.variable(variable).getValue())
        .isEqualTo(rendering.mountPath(service + "-ca") + "/" + item.getPath());
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db/x, ?sslmode=verify-full&",
    "jdbc:postgresql://db/x?connectTimeout=5, &sslmode=verify-full&",
    "jdbc:postgresql://db/x?sslmode=verify-ca, &"
  })
  void theDatabasesAuthoritiesStandInItsUrl(String url, String between) {
    Rendering rendering =
        Rendering.of(Map.of("database.url", url, "database.ca.secret", "database-ca"));

    Volume volume = rendering.volume("database-ca");
    assertThat(volume.getSecret().getSecretName()).isEqualTo("database-ca");
    String file =
        rendering.mountPath("database-ca")
            + "/"
            + volume.getSecret().getItems().getFirst().getPath();
    assertThat(rendering.variable("PIECEWORK_DATABASE_URL").getValue())
        .isEqualTo(url + between + "sslrootcert=" + file);
  }

  @Test
  void withoutAuthoritiesOfOnesOwnNothingIsMounted() {
    assertThat(Rendering.of(Map.of()).pod().getVolumes())
        .extracting(Volume::getName)
        .containsExactlyInAnyOrder("scratch", "broker", "database", "store");
  }

  @Test
  void aTagKeepsTheCaseOfItsName() {
    Rendering rendering =
        Rendering.of(
            Map.of(
                "objects.storageClass", "STANDARD_IA",
                "objects.encryption", "sse-kms",
                "objects.kmsKeyId", "alias/torrents",
                "objects.tags.CostCenter", "science",
                "objects.tags.data\\.owner", "Ops: Berlin"));

    ObjectSettings settings = settings(rendering);

    assertThat(settings)
        .isEqualTo(
            new ObjectSettings(
                "STANDARD_IA",
                ObjectSettings.Encryption.SSE_KMS,
                "alias/torrents",
                Map.of("CostCenter", "science", "data.owner", "Ops: Berlin"),
                true));
  }

  @Test
  void whatTheChartDoesNotKnowCanBeAdded() {
    Rendering rendering =
        Rendering.of(
            Map.of(
                "extraEnv[0].name", "HTTPS_PROXY",
                "extraEnv[0].value", "http://proxy",
                "extraEnvFrom[0].secretRef.name", "more",
                "extraVolumes[0].name", "extra",
                "extraVolumes[0].configMap.name", "files",
                "extraVolumeMounts[0].name", "extra",
                "extraVolumeMounts[0].mountPath", "/extra"));

    assertThat(rendering.variable("HTTPS_PROXY").getValue()).isEqualTo("http://proxy");
    assertThat(rendering.container().getEnvFrom().getFirst().getSecretRef().getName())
        .isEqualTo("more");
    assertThat(rendering.volume("extra").getConfigMap().getName()).isEqualTo("files");
    assertThat(rendering.mountPath("extra")).isEqualTo("/extra");
  }

  @ParameterizedTest
  @CsvSource({
    "store.credentials, role, credentials",
    "store.credentials, iam, existingSecret",
    "store.stsEndpoint, https://sts.example.org, stsEndpoint",
    "store.webIdentity.audience, sts.amazonaws.com, audience",
    "store.ca.file, /ca.pem, file",
    "objects.kmsKeyId, alias/x, kmsKeyId",
    "objects.encryption, aes, encryption",
    "objects.tag, x, tag",
    "objects.tags.owner, a&b, owner",
    "extraEnv[0].nam, X, nam"
  })
  void theSchemaRefuses(String name, String value, String named) {
    assertThatThrownBy(() -> Rendering.of(Map.of(name, value))).hasMessageContaining(named);
  }

  @Test
  void aRoleIsNoReasonForLaxity() {
    Map<String, Object> values = new HashMap<>(IAM);
    values.put("store.secretKey", "x");

    assertThatThrownBy(() -> Rendering.of(values)).hasMessageContaining("secretKey");
  }

  @Test
  void authoritiesAreInOnePlaceOnly() {
    assertThatThrownBy(
            () -> Rendering.of(Map.of("store.ca.configMap", "one", "store.ca.secret", "other")))
        .hasMessageContaining("store/ca");
    assertThatThrownBy(() ->
            Rendering.of(
                Map.of(
                    "database.url", "jdbc:postgresql://db/x?sslrootcert=/mine",
                    "database.ca.secret", "database-ca")))
        .hasMessageContaining("take one of them away");
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "database", "store"})
  void whatMustBeSetIsAskedFor(String service) {
    assertThatThrownBy(() -> Rendering.of(Map.of(service + ".existingSecret", "")))
        .hasMessageContaining(service);
  }

  /** What a worker makes of the variables that it is given, as Spring Boot reads them. */
  private static ObjectSettings settings(Rendering rendering) {
    Map<String, Object> variables = new HashMap<>();
    rendering.container().getEnv().stream()
        .filter(variable -> variable.getValue() != null)
        .forEach(variable -> variables.put(variable.getName(), variable.getValue()));
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .replace(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    new SpringApplicationJsonEnvironmentPostProcessor()
        .postProcessEnvironment(environment, new SpringApplication());
    return Binder.get(environment).bindOrCreate("piecework.objects", ObjectSettings.class);
  }
}
