export { createShopifyPromotions, type ShopifyPromotionsOptions } from './promotions';
