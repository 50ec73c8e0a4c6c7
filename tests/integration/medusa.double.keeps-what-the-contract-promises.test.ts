/** The real server needs 680 MB and minutes: `npm run test:medusa` holds it to the same promises, on request. */
import { medusaContract } from '../support/medusa-contract';
import { MedusaDouble } from '../support/medusa-double';

describe('a double of Medusa', () => {
  medusaContract(() => MedusaDouble.start());
});
