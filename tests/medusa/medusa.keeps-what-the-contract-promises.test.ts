import { describeWhen } from '../support/describe-when';
import { medusaContract } from '../support/medusa-contract';
import { MedusaServer, whyNoMedusa } from '../support/medusa-server';

describeWhen('Medusa 2.21.2', whyNoMedusa(), () => {
  medusaContract(async () => {
    const server = new MedusaServer();
    await server.start();
    return server;
  });
});
