import { describeGallery } from '../support/simulation';

describeGallery('winback');
