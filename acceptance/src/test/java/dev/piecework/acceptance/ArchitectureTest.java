package dev.piecework.acceptance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The boundaries that docs/architecture.md draws, held by the build. */
class ArchitectureTest {
  private static final String ROOT = "dev.piecework";

  private static final String[] SHARED_MODEL = {
    ROOT + ".bencode..",
    ROOT + ".exit..",
    ROOT + ".layout..",
    ROOT + ".message..",
    ROOT + ".metainfo..",
    ROOT + ".text..",
    ROOT + ".tls.."
  };
  private static final String[] BITTORRENT = {
    ROOT + ".engine..", ROOT + ".net..", ROOT + ".swarm..", ROOT + ".tracker..", ROOT + ".wire.."
  };
  private static final String WORKER = ROOT + ".worker..";
  private static final String CLI = ROOT + ".cli..";
  private static final String STANDALONE = ROOT + ".standalone..";

  private static JavaClasses code = new ClassFileImporter().importClasses();

  @BeforeAll
  static void readTheClasses() {
    code =
        new ClassFileImporter()
            .withImportOption(ArchitectureTest::isProductionCode)
            .importPackages(ROOT);
  }

  /** Neither this module nor the testkit, which is only ever in test scope. */
  private static boolean isProductionCode(Location location) {
    return !location.contains("dev/piecework/acceptance/")
        && !location.contains("dev/piecework/testkit/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"metainfo", "message", "engine", "worker", "cli", "standalone"})
  void theRulesSeeEveryModule(String name) {
    // A rule over nothing always holds: a renamed package must not switch one off.
    assertThat(code).anyMatch(type -> type.getPackageName().startsWith(ROOT + "." + name));
  }

  @Test
  void everyPackageBelongsToAModuleOfTheDesign() {
    classes()
        .should()
        .resideInAnyPackage(
            concat(SHARED_MODEL, concat(BITTORRENT, new String[] {WORKER, CLI, STANDALONE})))
        .because("a package outside them is under none of the rules below")
        .check(code);
  }

  @Test
  void sharedModelNeedsOnlyTheJdkAndJackson() {
    classes()
        .that()
        .resideInAnyPackage(SHARED_MODEL)
        .should()
        .onlyDependOnClassesThat(
            inPackages(
                concat(
                    SHARED_MODEL,
                    new String[] {
                      "java..",
                      "javax.crypto..",
                      "javax.net.ssl..",
                      "tools.jackson..",
                      "com.fasterxml.jackson.annotation..",
                      "org.jspecify.."
                    })))
        .check(code);
  }

  @Test
  void bittorrentIsAPlainLibraryOverNetty() {
    classes()
        .that()
        .resideInAnyPackage(BITTORRENT)
        .should()
        .onlyDependOnClassesThat(
            inPackages(
                concat(
                    concat(SHARED_MODEL, BITTORRENT),
                    new String[] {
                      "java..",
                      "javax.crypto..",
                      "javax.net..",
                      "io.netty..",
                      "org.slf4j..",
                      "org.jspecify.."
                    })))
        .check(code);
    noClasses()
        .that()
        .resideInAnyPackage(BITTORRENT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..")
        .because("checkpoints are the worker's")
        .check(code);
  }

  @Test
  void theCommandLineHasNoSpringAndNoEngine() {
    noClasses()
        .that()
        .resideInAPackage(CLI)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            concat(
                BITTORRENT,
                new String[] {
                  WORKER, STANDALONE, "org.springframework..", "io.netty..", "io.minio.."
                }))
        .because("it must start fast")
        .check(code);
  }

  @Test
  void theWorkerKnowsNeitherTheCommandLineNorTheEmbeddedServices() {
    noClasses()
        .that()
        .resideInAPackage(WORKER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(CLI, STANDALONE, "org.apache.qpid..", "org.gaul..", "info.picocli..")
        .because("standalone is the same worker with other endpoints, not other code")
        .check(code);
  }

  @Test
  void packagesAreFreeOfCycles() {
    // Known debt, one misplaced class to a line: each goes when that class is moved, and none may
    // be
    // added.
    slices()
        .matching(ROOT + ".(**)")
        .should()
        .beFreeOfCycles()
        .ignoreDependency(resideInAPackage(ROOT + ".cli.broker"), named("cli.CliException"))
        .ignoreDependency(
            resideInAPackage(ROOT + ".tracker"), named("engine.TorrentStats$TrackerState"))
        .ignoreDependency(resideInAPackage(STANDALONE), named("standalone.StandaloneLogging"))
        .check(code);
  }

  @Test
  void logsGoThroughSlf4j() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..", "org.apache.commons.logging..")
        .check(code);
  }

  @Test
  void onlyWhatAPersonRunsWritesToTheTerminal() {
    noClasses()
        .that()
        .resideOutsideOfPackages(CLI, STANDALONE)
        .and()
        .doNotHaveFullyQualifiedName(ROOT + ".worker.WorkerMain")
        .and()
        .doNotHaveFullyQualifiedName(ROOT + ".exit.ProcessEnd")
        .should(ACCESS_STANDARD_STREAMS)
        .because("everything else has a log, which a process that is being cut off may not reach")
        .check(code);
  }

  @Test
  void packagesAreNamedForWhatTheyDo() {
    noClasses()
        .should()
        .resideInAnyPackage("..service..", "..util..", "..utils..", "..impl..", "..dto..")
        .orShould()
        .haveSimpleNameEndingWith("Impl")
        .check(code);
  }

  @Test
  void aBrokenRuleIsNoticed() {
    ArchRule impossible =
        noClasses()
            .that()
            .resideInAPackage(WORKER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..");

    assertThatThrownBy(() -> impossible.check(code))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("org.springframework");
  }

  private static DescribedPredicate<JavaClass> inPackages(String[] packages) {
    // An array's own package is its element's, and primitives have none: both are the JDK's.
    return JavaClass.Predicates.resideInAnyPackage(packages)
        .or(
            DescribedPredicate.describe(
                "are primitives or arrays of allowed types",
                type ->
                    type.getBaseComponentType().isPrimitive()
                        || JavaClass.Predicates.resideInAnyPackage(packages)
                            .test(type.getBaseComponentType())));
  }

  private static DescribedPredicate<JavaClass> named(String name) {
    return DescribedPredicate.describe(name, type -> type.getName().equals(ROOT + "." + name));
  }

  private static String[] concat(String[] first, String[] second) {
    String[] all = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
