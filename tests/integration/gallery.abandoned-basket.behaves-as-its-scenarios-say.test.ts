import { describeGallery } from '../support/simulation';

describeGallery('abandoned-basket');
