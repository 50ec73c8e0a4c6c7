import { describeGallery } from '../support/simulation';

describeGallery('staged-promotion');
