export { createStripePromotions, type StripePromotionsOptions } from './promotions';
