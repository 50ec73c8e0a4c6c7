export { createShopifyPromotions } from './promotions';
