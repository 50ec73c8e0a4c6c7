export { createStripePromotions } from './promotions';
