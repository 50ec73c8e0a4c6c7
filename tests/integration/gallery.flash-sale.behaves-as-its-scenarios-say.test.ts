import { describeGallery } from '../support/simulation';

describeGallery('flash-sale');
