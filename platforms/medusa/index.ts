export { createMedusaPromotions } from './promotions';
export { createMedusaStoreCredit } from './store-credit';
