package dev.piecework.worker.resolve;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.TransferException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Asks the object store itself. */
@Configuration(proxyBeanMethods = false)
public class StoreGateConfiguration {

  @Bean
  StoreGate storeGate(ObjectStore store) {
    return new StoreGate() {
      @Override
      public void checkBucket(String bucket, Cancellation cancellation) throws TransferException {
        try {
          store.checkBucket(bucket, cancellation);
        } catch (StoreException e) {
          throw failed(e.destinationFault(), e);
        }
      }

      @Override
      public byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation)
          throws TransferException {
        try {
          return store.read(bucket, key, maxBytes, cancellation);
        } catch (StoreException e) {
          throw failed(e.sourceFault(), e);
        }
      }
    };
  }

  private static TransferException failed(Fault fault, StoreException cause) {
    return new TransferException(fault, cause);
  }
}
