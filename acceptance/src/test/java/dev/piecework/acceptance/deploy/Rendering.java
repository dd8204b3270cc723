package dev.piecework.acceptance.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The chart's objects for some values, each read so that a field Kubernetes does not know fails.
 */
final class Rendering {
  /** What must be set, and nothing else. */
  static final Map<String, Object> REQUIRED =
      Map.of(
          "broker.uri", "amqp://rabbitmq.queue.svc:5672",
          "broker.existingSecret", "broker-login",
          "database.url", "jdbc:postgresql://postgres.data.svc/piecework",
          "database.existingSecret", "database-login",
          "store.endpoint", "https://s3.example.org",
          "store.existingSecret", "store-login");

  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "apps/v1 Deployment", Deployment.class,
          "v1 ConfigMap", ConfigMap.class,
          "v1 ServiceAccount", ServiceAccount.class,
          "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
          "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class,
          "keda.sh/v1alpha1 ScaledObject", KedaObjects.ScaledObject.class,
          "keda.sh/v1alpha1 TriggerAuthentication", KedaObjects.TriggerAuthentication.class,
          "monitoring.coreos.com/v1 PodMonitor", MonitoringObjects.PodMonitor.class,
          "monitoring.coreos.com/v1 PrometheusRule", MonitoringObjects.PrometheusRule.class);

  private static final ObjectMapper STRICT = strict();

  private final List<Object> objects;

  private Rendering(List<Object> objects) {
    this.objects = objects;
  }

  /** Renders with what must be set and these values. */
  static Rendering of(Map<String, Object> values) {
    TemplateCommand template =
        new Helm(SourceTree.file("helm/piecework"))
            .template()
            .withKubeVersion("1.30.0")
            .withName("fleet")
            .withNamespace("torrents");
    REQUIRED.forEach((name, value) -> template.set(name, value));
    values.forEach((name, value) -> template.set(name, value));
    return new Rendering(SourceTree.yaml(template.call()).stream().map(Rendering::read).toList());
  }

  /** Reads one object, whose kind must be among those the chart is meant to have. */
  static Object read(Map<String, Object> document) {
    String kind = document.get("apiVersion") + " " + document.get("kind");
    Class<?> type = KINDS.get(kind);
    if (type == null) {
      throw new AssertionError("the chart makes an object that no test knows: " + kind);
    }
    return STRICT.convertValue(document, type);
  }

  /** The one object of a kind, if there is one. */
  <T> Optional<T> find(Class<T> type) {
    List<T> found = objects.stream().filter(type::isInstance).map(type::cast).toList();
    if (found.size() > 1) {
      throw new AssertionError(found.size() + " objects of " + type.getSimpleName());
    }
    return found.stream().findFirst();
  }

  Deployment deployment() {
    return find(Deployment.class).orElseThrow();
  }

  /** The pods of the workers. */
  PodSpec pod() {
    return deployment().getSpec().getTemplate().getSpec();
  }

  /** The worker in its pod. */
  Container container() {
    return pod().getContainers().getFirst();
  }

  /** A variable of the worker, which must have it. */
  EnvVar variable(String name) {
    return container().getEnv().stream()
        .filter(entry -> entry.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no variable " + name));
  }

  /** A volume of the pod, which must have it. */
  Volume volume(String name) {
    return pod().getVolumes().stream()
        .filter(volume -> volume.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no volume " + name));
  }

  /** Where a volume is mounted in the worker, which must mount it. */
  String mountPath(String volume) {
    return container().getVolumeMounts().stream()
        .filter(mount -> mount.getName().equals(volume))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no mount of " + volume))
        .getMountPath();
  }

  private static ObjectMapper strict() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    mapper.setAnnotationIntrospector(new WithoutAnySetter());
    return mapper;
  }

  /** The models collect what they do not know; here it is to be refused. */
  private static final class WithoutAnySetter extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    @SuppressWarnings("NullAway") // Null means "not said" in this method's contract.
    public @Nullable Boolean hasAnySetter(Annotated annotated) {
      return null;
    }
  }
}
