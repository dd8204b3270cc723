package dev.piecework.worker.store;

import io.minio.credentials.IamAwsProvider;
import io.minio.credentials.Provider;
import okhttp3.OkHttpClient;

/** Where the keys come from that requests are signed with. */
enum StoreLogin {
  /** The settings, or files that they name. */
  STATIC,

  /**
   * The role that the machine or pod was given, as Amazon's own tools find it, in this order: web
   * identity (EKS: {@code AWS_ROLE_ARN}, {@code AWS_WEB_IDENTITY_TOKEN_FILE}), container
   * credentials (ECS, EKS Pod Identity: {@code AWS_CONTAINER_CREDENTIALS_RELATIVE_URI} or {@code
   * _FULL_URI}), and the instance profile (EC2). Keys are fetched again before they expire.
   */
  IAM;

  Provider provider(StoreSettings settings, OkHttpClient http) {
    return switch (this) {
      case STATIC -> new StoreKeys(settings);
      case IAM ->
          new IamAwsProvider(
              settings.stsEndpoint().isEmpty() ? null : settings.stsEndpoint(), http);
    };
  }
}
